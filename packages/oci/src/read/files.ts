import { createReadStream } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isMlcError, mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import type { SeekableIterator } from '../tar/byte-reader.ts';
import { readTar } from '../tar/read.ts';

/** One regular file of a layout; links are not followed and do not count. */
export interface LayoutFile {
  /** Bytes. */
  readonly size: number;
  open(): ByteStream;
}

/** The files of a layout, in a folder or in a tar. */
export interface LayoutFiles {
  readonly kind: 'folder' | 'archive';
  /** By path, `/`-separated. */
  readonly files: ReadonlyMap<string, LayoutFile>;
  close(): Promise<void>;
}

const READ_BYTES = 1 << 18;

/** Lists the files of a folder or a tar. Throws MLC6040 where there is neither. */
export async function openFiles(path: string, signal: AbortSignal): Promise<LayoutFiles> {
  const found = await stat(path).catch((cause: unknown) => {
    throw mlcError('MLC6040', { path, detail: 'it does not exist' }, { cause });
  });
  if (found.isDirectory()) return openFolder(path);
  if (found.isFile()) return openArchive(path, signal);
  throw mlcError('MLC6040', { path, detail: 'neither a folder nor a file' });
}

async function openFolder(folder: string): Promise<LayoutFiles> {
  const files = new Map<string, LayoutFile>();
  for (const item of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!item.isFile()) continue;
    const path = join(item.parentPath, item.name);
    const { size } = await stat(path);
    files.set(relative(folder, path).split(sep).join('/'), { size, open: () => streamOf(path) });
  }
  return { kind: 'folder', files, close: () => Promise.resolve() };
}

function streamOf(path: string): ByteStream {
  return createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}

/** Reads the headers only: a tar in a file needs no index. */
async function openArchive(path: string, signal: AbortSignal): Promise<LayoutFiles> {
  const handle = await open(path, 'r');
  try {
    const { size: total } = await handle.stat();
    const files = new Map<string, LayoutFile>();
    const stream = { [Symbol.asyncIterator]: () => seekable(handle, total) };
    for await (const entry of readTar(stream, { name: path, signal })) {
      if (entry.type !== 'file') continue;
      const { offset, size } = entry;
      files.set(entry.path, { size, open: () => slice(handle, offset, size) });
    }
    return { kind: 'archive', files, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    if (!isMlcError(error)) throw error;
    throw mlcError('MLC6040', { path, detail: error.message }, { cause: error });
  }
}

function seekable(handle: FileHandle, total: number): SeekableIterator {
  let at = 0;
  return {
    next: async () => {
      // Headers are read one at a time; between them contents are skipped.
      const buffer = Buffer.allocUnsafe(Math.min(4096, total - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      at += bytesRead;
      return bytesRead === 0
        ? { done: true, value: undefined }
        : { done: false, value: buffer.subarray(0, bytesRead) };
    },
    skip: (size) => {
      const step = Math.min(size, total - at);
      at += step;
      return step;
    },
  };
}

async function* slice(
  handle: FileHandle,
  start: number,
  size: number,
): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start + at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
