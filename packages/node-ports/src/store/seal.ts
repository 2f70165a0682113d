import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { readEntry } from './files.ts';

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
export function readSeal(path: string): { text: string; lastUseMs: number } | undefined {
  try {
    const entry = readEntry(path, LIMIT);
    if (entry === undefined || !isOurs(entry.stats)) return undefined;
    return { text: entry.bytes.toString('utf8'), lastUseMs: Number(entry.stats.mtimeMs) };
  } catch {
    return undefined;
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
