import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { mlcError } from '@mlcontainer/plugin-kit';

const CHUNK = 128 * 1024;

/** A file read once from the start, hashed on the way. */
export interface FileSource {
  readonly handle: FileHandle;
  readonly hash: Hash;
  /** Bytes read so far. */
  size: number;
  ended: boolean;
  readonly signal: AbortSignal;
}

/** Opens a model file. Throws MLC3001 when it is missing, MLC3002 when it is no readable file. */
export async function openSource(path: string, signal: AbortSignal): Promise<FileSource> {
  signal.throwIfAborted();
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? mlcError('MLC3001', { path }, { cause: error })
      : mlcError('MLC3002', { path, detail: error.message }, { cause: error });
  });
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw mlcError('MLC3002', { path, detail: 'it is not a regular file' });
  }
  return { handle, hash: createHash('sha256'), size: 0, ended: false, signal };
}

/** The next chunk, or undefined at the end of the file. */
export async function readChunk(source: FileSource): Promise<Uint8Array | undefined> {
  source.signal.throwIfAborted();
  if (source.ended) return undefined;
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const { bytesRead } = await source.handle.read(buffer, 0, CHUNK, source.size);
  if (bytesRead === 0) {
    source.ended = true;
    return undefined;
  }
  const chunk = buffer.subarray(0, bytesRead);
  source.hash.update(chunk);
  source.size += bytesRead;
  return chunk;
}

/** Reads what is left, for the hash, and gives size in bytes and hex SHA-256. */
export async function finishSource(source: FileSource): Promise<{ size: number; sha256: string }> {
  while ((await readChunk(source)) !== undefined);
  return { size: source.size, sha256: source.hash.digest('hex') };
}
