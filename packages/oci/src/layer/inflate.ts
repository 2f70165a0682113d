import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { DeflatedContent } from '../entry.ts';
import { createInflater, type Inflater } from './inflater.ts';
import { pool } from './pool.ts';

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
    await inflateProved(content, path, { ...taps, inflated });
    if (hash && hash.digest('hex') !== content.sha256) throw damaged(path, 'another SHA-256');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const isZlib =
      typeof code === 'string' && (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE');
    throw isZlib ? damaged(path, code, error) : error;
  }
}

const inflaters = pool(createInflater);

async function inflateProved(
  content: DeflatedContent,
  path: string,
  taps: InflateTaps,
): Promise<void> {
  const inflater = inflaters.take();
  const fits = content.size <= inflater.limit && content.deflatedSize <= inflater.input.length;
  // One call for what is not large: a stream costs more than the bytes.
  if (fits) await inflateWhole(content, path, taps, inflater);
  inflaters.give(inflater);
  if (!fits) await inflateStream(content, path, taps);
}

async function inflateWhole(
  content: DeflatedContent,
  path: string,
  taps: InflateTaps,
  inflater: Inflater,
): Promise<void> {
  const chunks = await gather(content, path, inflater.input);
  const inflated = inflater.inflate(content.deflatedSize, content.size);
  if ('fault' in inflated) throw damaged(path, faultText(inflated.fault, content.size));
  const { bytes, consumed } = inflated;
  check(content, path, { consumed, size: bytes.length, sum: crc32(bytes) });
  for (const chunk of chunks) await taps.deflated?.(chunk);
  await taps.inflated(bytes);
}

function faultText(fault: 'damaged' | 'shorter' | 'longer', size: number): string {
  return fault === 'damaged' ? 'no valid deflate stream' : `does not inflate to ${size} bytes`;
}

/** Reads all of a stream into one piece, and gives the chunks it came in. */
async function gather(
  content: DeflatedContent,
  path: string,
  into: Uint8Array,
): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let filled = 0;
  for await (const chunk of content.open()) {
    if (filled + chunk.length > content.deflatedSize)
      throw damaged(path, 'more bytes than announced');
    into.set(chunk, filled);
    filled += chunk.length;
    chunks.push(chunk);
  }
  if (filled < content.deflatedSize)
    throw damaged(path, `${filled} of ${content.deflatedSize} bytes`);
  return chunks;
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
