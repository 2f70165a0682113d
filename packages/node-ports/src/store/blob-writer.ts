import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

import { mlcError, type ByteStream, type StoreExpectation } from '@mlcontainer/plugin-kit';

import { writeAll } from './files.ts';

const BLOCK = 256 * 1024;

/** Bytes that are hashed again in less time than the disk takes to have them. */
const SMALL = 256 * 1024;

/** What was written: `isSynced`, whether the disk has it. */
export interface WrittenBlob {
  readonly sha256: string;
  readonly size: number;
  readonly isSynced: boolean;
}

/**
 * Streams bytes into a new file while hashing them, checks them against what was expected, and leaves the file
 * read-only; and synced, unless it is small and wanted early. Throws MLC7003 (hash), MLC7004 (size), MLC7013 (limit).
 */
export async function writeBlob(
  path: string,
  source: ByteStream,
  expect: StoreExpectation,
): Promise<WrittenBlob> {
  const handle = await open(path, 'wx', 0o600);
  try {
    const written = await copy(handle, source, expect);
    check(written, expect);
    await handle.chmod(0o444);
    const isSynced = expect.early !== true || written.size > SMALL;
    if (isSynced) await handle.sync();
    return { ...written, isSynced };
  } finally {
    await handle.close();
  }
}

async function copy(
  handle: FileHandle,
  source: ByteStream,
  expect: StoreExpectation,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const block of blocks(source)) {
    refuseExcess(size + block.byteLength, expect);
    // Hashing runs on this thread while the write runs on another.
    const writing = writeAll(handle, block, size);
    size += block.byteLength;
    hash.update(block);
    await writing;
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * Joins small chunks, so that a tar of many small files does not cost a write each. A block is valid until the
 * next one is asked for.
 */
async function* blocks(source: ByteStream): ByteStream {
  const block = Buffer.allocUnsafe(BLOCK);
  let filled = 0;
  for await (const chunk of source) {
    if (filled + chunk.byteLength > BLOCK) {
      yield block.subarray(0, filled);
      filled = 0;
    }
    if (chunk.byteLength > BLOCK / 4) {
      if (filled > 0) yield block.subarray(0, filled);
      filled = 0;
      yield chunk;
    } else {
      block.set(chunk, filled);
      filled += chunk.byteLength;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

function refuseExcess(size: number, expect: StoreExpectation): void {
  const name = expect.name ?? expect.sha256 ?? 'blob';
  if (expect.limit !== undefined && size > expect.limit) {
    throw mlcError('MLC7013', { name, limit: expect.limit });
  }
  if (expect.size !== undefined && size > expect.size) {
    throw mlcError('MLC7004', { name, expected: expect.size, actual: size });
  }
}

function check(written: { sha256: string; size: number }, expect: StoreExpectation): void {
  const name = expect.name ?? expect.sha256 ?? 'blob';
  if (expect.size !== undefined && written.size !== expect.size) {
    throw mlcError('MLC7004', { name, expected: expect.size, actual: written.size });
  }
  if (expect.sha256 !== undefined && written.sha256 !== expect.sha256) {
    throw mlcError('MLC7003', { name, expected: expect.sha256, actual: written.sha256 });
  }
}
