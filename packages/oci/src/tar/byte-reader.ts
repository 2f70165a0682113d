import type { ByteStream } from '@mlcontainer/plugin-kit';

/** Takes a stream apart in pieces of asked sizes. */
export interface ByteReader {
  /** Bytes taken so far. */
  readonly offset: number;
  /** Exactly `size` bytes; fewer only where the stream ends. Valid until the next call. */
  read(size: number): Promise<Uint8Array>;
  /** Whatever is at hand, `limit` bytes at most; undefined at the end of the stream. */
  readSome(limit: number): Promise<Uint8Array | undefined>;
  /** Drops bytes; gives how many there were. */
  skip(size: number): Promise<number>;
  /** Lets go of the stream. */
  close(): Promise<void>;
}

/** A stream over a file, which can leave bytes out without reading them. */
export interface SeekableIterator extends AsyncIterator<Uint8Array> {
  /** Leaves out up to `size` bytes; gives how many there were. */
  skip(size: number): number;
}

const EMPTY = new Uint8Array(0);

/** A reader over a stream; nothing is copied unless a piece lies across two chunks. */
export function byteReader(stream: ByteStream): ByteReader {
  const source = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> &
    Partial<SeekableIterator>;
  let chunk: Uint8Array = EMPTY;
  let offset = 0;

  async function readSome(limit: number): Promise<Uint8Array | undefined> {
    while (chunk.length === 0) {
      const next = await source.next();
      if (next.done === true) return undefined;
      chunk = next.value;
    }
    const piece = chunk.subarray(0, limit);
    chunk = chunk.subarray(piece.length);
    offset += piece.length;
    return piece;
  }

  async function read(size: number): Promise<Uint8Array> {
    const first = size === 0 ? EMPTY : await readSome(size);
    if (first === undefined) return EMPTY;
    if (first.length === size) return first;
    const whole = new Uint8Array(size);
    whole.set(first);
    let filled = first.length;
    while (filled < size) {
      const piece = await readSome(size - filled);
      if (piece === undefined) return whole.subarray(0, filled);
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  }

  async function skip(size: number): Promise<number> {
    let left = size;
    if (source.skip !== undefined && left > chunk.length) {
      left -= chunk.length;
      chunk = EMPTY;
      left -= source.skip(left);
      offset += size - left;
      return size - left;
    }
    while (left > 0) {
      const piece = await readSome(left);
      if (piece === undefined) break;
      left -= piece.length;
    }
    return size - left;
  }

  return {
    get offset() {
      return offset;
    },
    read,
    readSome,
    skip,
    close: async () => {
      chunk = EMPTY;
      await source.return?.();
    },
  };
}
