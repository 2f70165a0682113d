import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

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
  const path = layout.path(layout.blob(sha256));
  let handle: FileHandle | undefined;
  try {
    handle = await openEntry(path);
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile() || !(await isContained(layout, layout.blob(sha256)))) return undefined;
    return (await isIntact(layout, sha256, handle, stats, verified)) ? path : undefined;
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

async function isIntact(
  layout: Layout,
  sha256: string,
  handle: FileHandle,
  stats: BigIntStats,
  verified: Verified,
): Promise<boolean> {
  const text = sealText(stats);
  const key = layout.path(layout.blob(sha256));
  if (verified.get(key) === text) return true;
  const sealPath = layout.path(layout.seal(sha256));
  if (isOurs(stats) && (await readSeal(sealPath)) === text) {
    // The time of a seal is the last use of its blob: the blob's own time is part of the seal.
    await touch(sealPath);
  } else if ((await hashFile(handle)) === sha256) {
    await seal(layout, sha256, text);
  } else return false;
  verified.set(key, text);
  return true;
}

/** Records that a blob was found right, so that the next process need not hash it again. */
export async function seal(layout: Layout, sha256: string, text: string): Promise<void> {
  try {
    await ensureFolder(layout, layout.seal(sha256).slice(0, -1));
    await writeSeal(layout.path(layout.seal(sha256)), text);
  } catch {
    // Without a seal the blob is hashed again, no more.
  }
}
