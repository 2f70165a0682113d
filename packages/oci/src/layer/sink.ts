import { createHash } from 'node:crypto';
import type { Digest } from '../descriptor.ts';
import type { DeflatedContent } from '../entry.ts';

/** Where a layer's tar bytes go: hashed for the diffID, compressed, hashed for the digest, written. */
export interface LayerSink {
  readonly mediaType: string;
  /** Takes tar bytes; they may be reused once the promise is done. */
  add(bytes: Uint8Array): Promise<void>;
  /** Takes a deflate stream as a member of its own; missing where the format has no members. */
  readonly splice?: (content: DeflatedContent, path: string) => Promise<void>;
  /** Writes what is left. */
  end(): Promise<void>;
}

export type WriteChunk = (chunk: Uint8Array) => void | Promise<void>;

/** A running SHA-256 with the number of bytes. */
export interface Tally {
  readonly size: number;
  update(bytes: Uint8Array): void;
  /** Counts bytes that need not be seen; missing where they do. */
  readonly pass?: (size: number) => void;
  digest(): Digest;
}

export function createTally(): Tally {
  const hash = createHash('sha256');
  let size = 0;
  return {
    get size() {
      return size;
    },
    update: (bytes) => {
      size += bytes.length;
      hash.update(bytes);
    },
    digest: () => `sha256:${hash.digest('hex')}`,
  };
}

/** Counts bytes whose hash is known. */
export function createKnownTally(digest: Digest): Tally {
  return Object.assign(createCount(), { digest: () => digest });
}

/** Counts bytes that somebody else hashes. */
export function createCount(): Omit<Tally, 'digest'> {
  let size = 0;
  return {
    get size() {
      return size;
    },
    update: (bytes) => void (size += bytes.length),
    pass: (more) => void (size += more),
  };
}

/** The two tallies of a layer and its way out. */
export interface SinkParts {
  /** Of the uncompressed tar. */
  readonly raw: Tally;
  /** Of what is written; hashed there or not. */
  readonly written: Pick<Tally, 'size' | 'update'>;
  readonly write: WriteChunk;
}

/** Writes a chunk, counted. */
export async function emit(parts: SinkParts, chunk: Uint8Array): Promise<void> {
  parts.written.update(chunk);
  await parts.write(chunk);
}

/** Collects bytes in a buffer of fixed size: where it is cut depends on the bytes alone, not on their chunks. */
export interface BlockBuffer {
  add(bytes: Uint8Array): Promise<void>;
  /** Bytes collected and not yet flushed. */
  take(): number;
}

export function createBlockBuffer(
  buffer: Uint8Array,
  flush: (size: number) => Promise<void>,
): BlockBuffer {
  let filled = 0;
  return {
    add: async (bytes) => {
      let at = 0;
      while (at < bytes.length) {
        const piece = bytes.subarray(at, at + buffer.length - filled);
        buffer.set(piece, filled);
        filled += piece.length;
        at += piece.length;
        if (filled < buffer.length) continue;
        filled = 0;
        await flush(buffer.length);
      }
    },
    take: () => {
      const size = filled;
      filled = 0;
      return size;
    },
  };
}
