import { lstatSync, type BigIntStats } from 'node:fs';

import { openEntry } from './files.ts';
import { touch } from './last-use.ts';
import { ensureFolder, isContained, type Layout } from './layout.ts';
import { hashFile, isOurs, readSeal, sealText, writeSeal } from './seal.ts';

/** What this process knows: the seal of each blob as it was when its hash was found right. */
export type Verified = Map<string, string>;

/** Path of a blob whose bytes have its hash; undefined where it is missing, damaged or not a plain file. */
export async function findBlob(
  layout: Layout,
  sha256: string,
  verified: Verified,
): Promise<string | undefined> {
  const segments = layout.blob(sha256);
  const path = layout.path(segments);
  try {
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isFile() || !isContained(layout, segments)) return undefined;
    const text = sealText(stats);
    if (verified.get(path) === text) return path;
    const intact = (await isSealed(layout, sha256, stats)) || (await isRight(layout, sha256, text));
    if (intact) verified.set(path, text);
    return intact ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this user found the blob right before, and nobody wrote to it since. */
async function isSealed(layout: Layout, sha256: string, stats: BigIntStats): Promise<boolean> {
  if (!isOurs(stats)) return false;
  const path = layout.path(layout.seal(sha256));
  const seal = readSeal(path);
  if (seal?.text !== sealText(stats)) return false;
  // The time of a seal is the last use of its blob: the blob's own time is part of the seal.
  await touch(path, seal.lastUseMs);
  return true;
}

/** Hashes the blob, and seals it where it is right. */
async function isRight(layout: Layout, sha256: string, text: string): Promise<boolean> {
  const handle = await openEntry(layout.path(layout.blob(sha256)));
  try {
    if (sealText(await handle.stat({ bigint: true })) !== text) return false;
    if ((await hashFile(handle)) !== sha256) return false;
    await seal(layout, sha256, text, () => handle.sync());
    return true;
  } finally {
    await handle.close();
  }
}

/**
 * Records that a blob was found right, so that the next process need not hash it again. Only once it is on the disk,
 * which `sync` sees to: a seal that lasts longer than the bytes would vouch for what a power cut left of them.
 */
export async function seal(
  layout: Layout,
  sha256: string,
  text: string,
  sync?: () => Promise<void>,
): Promise<void> {
  try {
    await sync?.();
    ensureFolder(layout, layout.seal(sha256).slice(0, -1));
    await writeSeal(layout.path(layout.seal(sha256)), text);
  } catch {
    // Without a seal the blob is hashed again, no more.
  }
}
