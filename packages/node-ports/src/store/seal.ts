import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { openEntry } from './files.ts';

/** More than any seal has. */
const LIMIT = 256;

/**
 * What must be unchanged for a blob to count as verified: same file, same size, not written since. Not the
 * change time, because a hard link into an image layout would alter it.
 */
export function sealText(stats: BigIntStats): string {
  return JSON.stringify([stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.uid].map(String));
}

/** Whether another user cannot have forged blob and seal. */
export function isOurs(stats: BigIntStats): boolean {
  return process.getuid === undefined || stats.uid === BigInt(process.getuid());
}

/** A seal that this user wrote, with the time of the blob's last use; undefined where there is none. */
export async function readSeal(
  path: string,
): Promise<{ text: string; lastUseMs: number } | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await openEntry(path);
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile() || !isOurs(stats)) return undefined;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LIMIT), 0, LIMIT, 0);
    return { text: buffer.toString('utf8', 0, bytesRead), lastUseMs: Number(stats.mtimeMs) };
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

/** Writes a seal in place: a torn one differs from what is expected, and costs one more hashing. */
export async function writeSeal(path: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const handle = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Hex SHA-256 of an open file, in 1 MiB steps. */
export async function hashFile(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
