import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';

const readAsync = promisify(read);

/** Below this a read is synchronous: the page cache answers in microseconds, a trip through the thread pool takes longer. */
const SYNC_LIMIT = 128 * 1024;
const CHUNK = 256 * 1024;

/** A file open for random access; never more of it in memory than is asked for. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes, at once. Throws a RangeError past the end. */
  bytes(offset: number, length: number): Buffer;
  /** Exactly these bytes, in chunks of at most 256 KiB. */
  stream(offset: number, length: number): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Opens a local file. Throws what `node:fs` throws. */
export function openSource(path: string, name: string): ByteSource {
  const fd = openSync(path, 'r');
  const { size } = fstatSync(fd);
  let open = true;
  return {
    name,
    size,
    bytes: (offset, length) => readExactly(fd, offset, length, size),
    stream: (offset, length) => readChunks(fd, offset, length, size),
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function readExactly(fd: number, offset: number, length: number, size: number): Buffer {
  assertInside(offset, length, size);
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, offset + done);
    if (count === 0) throw new RangeError('the file became shorter while it was read');
    done += count;
  }
  return buffer;
}

async function* readChunks(fd: number, offset: number, length: number, size: number) {
  assertInside(offset, length, size);
  if (length <= SYNC_LIMIT) {
    if (length > 0) yield readExactly(fd, offset, length, size);
    return;
  }
  for (let done = 0; done < length;) {
    const want = Math.min(CHUNK, length - done);
    const { bytesRead, buffer } = await readAsync(
      fd,
      Buffer.allocUnsafe(want),
      0,
      want,
      offset + done,
    );
    if (bytesRead === 0) throw new RangeError('the file became shorter while it was read');
    yield bytesRead === want ? buffer : buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}

function assertInside(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new RangeError(`bytes ${offset} to ${offset + length} of ${size}`);
  }
}
