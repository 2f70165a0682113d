import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that were uploaded. */
export interface Body {
  readonly size: number;
  /** `end` is exclusive. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  remove(): Promise<void>;
}

/** Bytes that are being uploaded. */
export interface GrowingBody extends Body {
  append(bytes: Uint8Array): Promise<void>;
}

/** Where bodies are kept. */
export type BodyStore = () => Promise<GrowingBody>;

/** Keeps bodies in memory. */
export function memoryBodies(): BodyStore {
  return async () => memoryBody();
}

function memoryBody(): GrowingBody {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    append: async (bytes) => {
      chunks.push(Uint8Array.from(bytes));
      size += bytes.byteLength;
    },
    read: (start, end) => slices(chunks, start, end),
    remove: async () => void chunks.splice(0),
  };
}

async function* slices(
  chunks: readonly Uint8Array[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.byteLength;
    if (part.byteLength > 0) yield part;
  }
}

/** Keeps each body in a file of a folder, so that large ones cost no memory. */
export function folderBodies(folder: string): BodyStore {
  return async () => {
    await mkdir(folder, { recursive: true });
    const path = join(folder, randomUUID());
    await writeFile(path, '');
    return fileBody(path);
  };
}

function fileBody(path: string): GrowingBody {
  let size = 0;
  return {
    get size() {
      return size;
    },
    append: async (bytes) => {
      await appendFile(path, bytes);
      size += bytes.byteLength;
    },
    read: (start, end) => readFile(path, start, end),
    remove: () => rm(path, { force: true }),
  };
}

async function* readFile(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (end <= start) return;
  yield* createReadStream(path, { start, end: end - 1 }) as AsyncIterable<Uint8Array>;
}
