import { crc32, deflateRawSync } from 'node:zlib';
import type {
  DeflatedContent,
  DirectoryEntry,
  Entry,
  FileEntry,
  SymlinkEntry,
} from '../../src/entry.ts';
import { writeLayer, type LayerCompression, type WrittenLayer } from '../../src/layer/write.ts';
import { chunks } from './streams.ts';

export const file = (path: string, text: string | Uint8Array, mode = 0o644): FileEntry => ({
  type: 'file',
  path,
  mode,
  content: { kind: 'bytes', bytes: typeof text === 'string' ? Buffer.from(text) : text },
});
export const directory = (path: string, mode = 0o755): DirectoryEntry => ({
  type: 'directory',
  path,
  mode,
});
export const symlink = (path: string, target: string): SymlinkEntry => ({
  type: 'symlink',
  path,
  mode: 0o777,
  target,
});

/** A content as a wheel has it. The deflate stream is whatever this Node's zlib makes. */
export function deflated(bytes: Uint8Array, chunkSize = 1 << 16): DeflatedContent {
  const raw = deflateRawSync(bytes);
  const open = () => chunks(raw, chunkSize);
  return {
    kind: 'deflated',
    size: bytes.length,
    crc32: crc32(bytes),
    deflatedSize: raw.length,
    open,
  };
}

/** The same content as a stream with chunks of a given size. */
export function streamed(path: string, bytes: Uint8Array, chunkSize: number): FileEntry {
  const content = {
    kind: 'stream',
    size: bytes.length,
    open: () => chunks(bytes, chunkSize),
  } as const;
  return { type: 'file', path, mode: 0o644, content };
}

/** Bytes that are the same everywhere and compress about as text does. */
export function prose(size: number, seed = 1): Buffer {
  const words = [
    'def ',
    'return ',
    'self',
    'import ',
    'numpy',
    '(x)',
    ':\n    ',
    'array',
    ' = ',
    '0.5',
    'fit',
    'model',
  ];
  const parts: string[] = [];
  let state = seed;
  for (let length = 0; length < size;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const word = words[(state >>> 16) % words.length] ?? '';
    parts.push(word);
    length += word.length;
  }
  return Buffer.from(parts.join('').slice(0, size));
}

/** Bytes that are the same everywhere and do not compress. */
export function noise(size: number, seed = 7): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let at = 0; at < size; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}

/** A layer in memory. */
export async function layerOf(
  entries: Iterable<Entry>,
  compression: LayerCompression = 'gzip-members',
  knownDiffId?: WrittenLayer['diffId'],
): Promise<WrittenLayer & { readonly bytes: Buffer }> {
  const parts: Uint8Array[] = [];
  const { signal } = new AbortController();
  const written = await writeLayer(entries, (chunk) => void parts.push(chunk), {
    compression,
    signal,
    knownDiffId,
  });
  return { ...written, bytes: Buffer.concat(parts) };
}
