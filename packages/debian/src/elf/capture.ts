import type { ByteStream } from '@mlcontainer/plugin-kit';
import { dynamicRange, parseSharedObject, type Range, type SharedObject } from './elf.ts';

/** Names and string table stand at the beginning of a library; no library of Debian's has more of them. Bytes. */
const HEAD_LIMIT = 32 << 20;

/** A stream that keeps, while it passes, what tells a shared library's SONAME. */
export interface LibraryCapture {
  readonly stream: ByteStream;
  /** After the stream has ended. */
  result(): SharedObject | undefined;
}

/** Wraps a library's content; memory is the file's size, 32 MiB at most, and only until `result` was asked. */
export function captureLibrary(content: ByteStream, size: number): LibraryCapture {
  let head = Buffer.alloc(0);
  let filled = 0;
  let dynamic: { readonly range: Range; readonly bytes: Buffer } | undefined;

  function keep(chunk: Uint8Array, at: number): void {
    if (at === 0 && !looksLikeElf(chunk)) return;
    if (at === 0) head = Buffer.alloc(Math.min(size, HEAD_LIMIT));
    if (filled < head.length) filled += Buffer.from(chunk).copy(head, filled);
    dynamic ??= dynamicBuffer(head.subarray(0, filled));
    if (dynamic !== undefined) copyOverlap(chunk, at, dynamic.range, dynamic.bytes);
  }

  async function* pass(): AsyncGenerator<Uint8Array, void> {
    let at = 0;
    for await (const chunk of content) {
      keep(chunk, at);
      at += chunk.length;
      yield chunk;
    }
  }

  return {
    stream: { [Symbol.asyncIterator]: pass },
    result() {
      const kept = head.subarray(0, filled);
      head = Buffer.alloc(0);
      return dynamic === undefined ? undefined : parseSharedObject(kept, dynamic.bytes);
    },
  };
}

function looksLikeElf(chunk: Uint8Array): boolean {
  return (
    chunk.length >= 4 &&
    chunk[0] === 0x7f &&
    chunk[1] === 0x45 &&
    chunk[2] === 0x4c &&
    chunk[3] === 0x46
  );
}

const DYNAMIC_LIMIT = 1 << 20;

function dynamicBuffer(head: Buffer): { range: Range; bytes: Buffer } | undefined {
  const range = dynamicRange(head);
  if (range === undefined || range.size > DYNAMIC_LIMIT) return undefined;
  const bytes = Buffer.alloc(range.size);
  copyOverlap(head, 0, range, bytes);
  return { range, bytes };
}

/** Copies what a piece of the file at `at` holds of a range. */
function copyOverlap(piece: Uint8Array, at: number, range: Range, into: Buffer): void {
  const start = Math.max(at, range.offset);
  const end = Math.min(at + piece.length, range.offset + range.size);
  if (start < end) into.set(piece.subarray(start - at, end - at), start - range.offset);
}
