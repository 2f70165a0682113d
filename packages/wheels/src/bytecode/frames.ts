import type { ByteStream } from '@mlcontainer/plugin-kit';

/** Takes exact pieces out of a stream of chunks. */
export interface FrameReader {
  /** Exactly so many bytes; undefined at a clean end of the stream, throws when it is cut. */
  bytes(length: number): Promise<Buffer | undefined>;
  /** A 32-bit length and that many bytes. */
  frame(): Promise<Buffer | undefined>;
  return(): Promise<void>;
}

/** Reads frames; a frame above the limit (bytes) throws a RangeError. */
export function frameReader(stream: ByteStream, limit: number): FrameReader {
  const iterator = stream[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let size = 0;
  const bytes = async (length: number): Promise<Buffer | undefined> => {
    if (length > limit) throw new RangeError(`a frame of ${length} bytes`);
    while (size < length) {
      const next = await iterator.next();
      if (next.done) {
        if (size === 0) return undefined;
        throw new RangeError('the stream ended inside a frame');
      }
      held.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      size += next.value.byteLength;
    }
    const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    held = [all.subarray(length)];
    size -= length;
    return all.subarray(0, length);
  };
  return {
    bytes,
    frame: async () => {
      const head = await bytes(4);
      return head && bytes(head.readUInt32BE());
    },
    return: async () => {
      await iterator.return?.();
    },
  };
}
