import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { crc32, createInflateRaw, inflateRawSync, type InflateRaw } from 'node:zlib';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { DeflatedContent } from '../entry.ts';

/** Up to this many inflated bytes a content is inflated in one call: faster than a stream, and still small. */
const WHOLE_UP_TO = 1 << 20;

/** What node:zlib takes at least. Bytes. */
const SMALLEST_CHUNK = 64;

export interface InflateTaps {
  /** The deflate stream as it comes. */
  readonly deflated?: (chunk: Uint8Array) => Promise<void>;
  /** The inflated bytes; the chunk may be reused afterwards. */
  readonly inflated: (chunk: Uint8Array) => void | Promise<void>;
}

/**
 * Reads a deflate stream once, passing on both sides, and proves what is said of it: the size of both sides, the
 * CRC-32, the SHA-256 where one is given, and that the stream ends with its last byte. Throws MLC6021.
 */
export async function inflateContent(
  content: DeflatedContent,
  path: string,
  taps: InflateTaps,
): Promise<void> {
  const hash = content.sha256 === undefined ? undefined : createHash('sha256');
  const inflated = (chunk: Uint8Array) => {
    hash?.update(chunk);
    return taps.inflated(chunk);
  };
  try {
    if (content.size <= WHOLE_UP_TO) await inflateWhole(content, path, { ...taps, inflated });
    else await inflateStream(content, path, { ...taps, inflated });
    if (hash && hash.digest('hex') !== content.sha256) throw damaged(path, 'another SHA-256');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const isZlib =
      typeof code === 'string' && (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE');
    throw isZlib ? damaged(path, code, error) : error;
  }
}

async function inflateWhole(
  content: DeflatedContent,
  path: string,
  taps: InflateTaps,
): Promise<void> {
  const input = await gather(content, path);
  // One piece as large as the whole: pieces would be allocated one by one and then joined.
  const size = Math.max(1, content.size);
  const chunkSize = Math.max(SMALLEST_CHUNK, size);
  const options = { maxOutputLength: size, chunkSize, info: true } as const;
  const { buffer, engine } = inflateRawSync(input, options) as unknown as {
    buffer: Buffer;
    engine: InflateRaw;
  };
  check(content, path, { consumed: engine.bytesWritten, size: buffer.length, sum: crc32(buffer) });
  await taps.deflated?.(input);
  await taps.inflated(buffer);
}

async function gather(content: DeflatedContent, path: string): Promise<Buffer> {
  const input = Buffer.allocUnsafe(content.deflatedSize);
  let filled = 0;
  for await (const chunk of content.open()) {
    if (filled + chunk.length > input.length) throw damaged(path, 'more bytes than announced');
    input.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < input.length) throw damaged(path, `${filled} of ${input.length} bytes`);
  return input;
}

/** Large streams are inflated beside the hashing: zlib streams work in libuv's threads. */
async function inflateStream(
  content: DeflatedContent,
  path: string,
  taps: InflateTaps,
): Promise<void> {
  const inflate = createInflateRaw({ chunkSize: 1 << 18 });
  const done = drain(inflate, content, path, taps);
  let ended = false;
  done.then(() => (ended = true)).catch(() => undefined);
  let came = 0;
  try {
    for await (const chunk of content.open()) {
      came += chunk.length;
      if (ended && chunk.length > 0) throw damaged(path, 'bytes behind its end');
      await taps.deflated?.(chunk);
      if (!inflate.write(chunk)) await Promise.race([once(inflate, 'drain'), done]);
    }
    inflate.end();
    const { size, sum } = await done;
    if (came !== content.deflatedSize)
      throw damaged(path, `${came} of ${content.deflatedSize} bytes`);
    check(content, path, { consumed: inflate.bytesWritten, size, sum });
  } finally {
    inflate.destroy();
  }
}

async function drain(
  inflate: InflateRaw,
  content: DeflatedContent,
  path: string,
  taps: InflateTaps,
): Promise<{ size: number; sum: number }> {
  let size = 0;
  let sum = 0;
  for await (const chunk of inflate as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > content.size) throw damaged(path, `inflates to more than ${content.size} bytes`);
    sum = crc32(chunk, sum);
    await taps.inflated(chunk);
  }
  return { size, sum };
}

function check(
  content: DeflatedContent,
  path: string,
  found: { consumed: number; size: number; sum: number },
): void {
  if (found.size !== content.size)
    throw damaged(path, `inflates to ${found.size} bytes, not ${content.size}`);
  if (found.sum !== content.crc32 >>> 0) throw damaged(path, 'wrong CRC-32');
  if (found.consumed !== content.deflatedSize) throw damaged(path, 'bytes behind its end');
}

function damaged(path: string, detail: string, cause?: unknown): Error {
  return mlcError('MLC6021', { path, detail }, cause === undefined ? {} : { cause });
}
