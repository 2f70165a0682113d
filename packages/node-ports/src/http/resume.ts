import { crc32 } from 'node:zlib';

import { isMlcError, mlcError, type ByteStream, type ClockPort } from '@mlcontainer/plugin-kit';

import { describeUrl } from './address.ts';
import { discard, headerOf, type Answer } from './exchange.ts';
import { toNetworkError } from './failures.ts';
import type { Followed } from './redirects.ts';
import { pauseBefore, type RetryPolicy } from './retry.ts';
import { contentLength, parseContentRange, rangeValidator } from './validators.ts';
import { watched } from './watchdog.ts';

/** A broken transfer that got this far since it last broke starts counting its attempts anew. Bytes. */
const PROGRESS = 1024 * 1024;

export interface ResumeOptions {
  readonly clock: ClockPort;
  readonly retry: RetryPolicy;
  readonly random: () => number;
  readonly stallMs: number;
  readonly purpose: string;
  readonly signal: AbortSignal;
  /** False where only the first answer may be read. */
  readonly resumable: boolean;
  /** Whether the request was for a part by its own Range header. */
  readonly partial: boolean;
  /** Sends the request again, with more headers. */
  readonly reopen: (headers: Readonly<Record<string, string>>) => Promise<Followed>;
  readonly progress: (received: number, size: number | undefined) => void;
}

interface Cursor {
  delivered: number;
  /** CRC-32 of what was delivered: what is sent a second time must be the same. */
  crc: number;
  /** Bytes at the start of the current answer that were delivered already, and the checksum of those seen. */
  skip: number;
  skipped: number;
  attempts: number;
  since: number;
}

/**
 * The body of an answer, through broken transfers: the rest is asked for by Range and If-Range (RFC 9110, section
 * 14) where the server gave a validator, otherwise all of it, and what was delivered before is compared and left
 * out. Throws MLC7001 when attempts run out, MLC7017 where the file is no longer the same.
 */
export async function* resumingBody(first: Followed, options: ResumeOptions): ByteStream {
  const cursor: Cursor = { delivered: 0, crc: 0, skip: 0, skipped: 0, attempts: 1, since: 0 };
  let current: Followed = first;
  try {
    for (;;) {
      const failure = yield* deliver(current, first, cursor, options);
      if (failure === undefined) return;
      current.answer.body.destroy();
      current = await recover(failure.error, first, current, cursor, options);
    }
  } finally {
    current.answer.body.destroy();
  }
}

/** Gives what is new of one answer; the failure where it broke. */
async function* deliver(
  current: Followed,
  first: Followed,
  cursor: Cursor,
  options: ResumeOptions,
): AsyncGenerator<Uint8Array, { error: unknown } | undefined> {
  const size = contentLength(first.answer);
  try {
    for await (const chunk of watched(current.answer.body, options.clock, options.stallMs)) {
      current.answer.received(chunk.byteLength);
      const fresh = accept(cursor, chunk, current, options);
      if (fresh.byteLength > 0) yield fresh;
      options.progress(cursor.delivered, size);
    }
    finish(cursor, current, options);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** The part of a chunk that was not delivered before. */
function accept(
  cursor: Cursor,
  chunk: Uint8Array,
  { url }: Followed,
  { purpose }: ResumeOptions,
): Uint8Array {
  const again = chunk.subarray(0, cursor.skip);
  const fresh = chunk.subarray(again.byteLength);
  if (again.byteLength > 0) {
    cursor.skip -= again.byteLength;
    cursor.skipped = crc32(again, cursor.skipped);
    if (cursor.skip === 0 && cursor.skipped !== cursor.crc)
      throw changed(purpose, url, 'other bytes than before');
  }
  cursor.crc = crc32(fresh, cursor.crc);
  cursor.delivered += fresh.byteLength;
  return fresh;
}

function finish(cursor: Cursor, { url }: Followed, { purpose }: ResumeOptions): void {
  if (cursor.skip > 0) throw changed(purpose, url, 'it is shorter than before');
}

function changed(purpose: string, url: URL, detail: string): Error {
  return mlcError('MLC7017', { purpose, url: describeUrl(url), detail });
}

async function recover(
  error: unknown,
  first: Followed,
  current: Followed,
  cursor: Cursor,
  options: ResumeOptions,
): Promise<Followed> {
  const { signal, purpose, retry, clock } = options;
  signal.throwIfAborted();
  if (isMlcError(error)) throw error;
  if (cursor.delivered - cursor.since >= PROGRESS) cursor.attempts = 1;
  cursor.since = cursor.delivered;
  if (!options.resumable || cursor.attempts >= retry.attempts) {
    throw toNetworkError(error, {
      purpose,
      url: current.url,
      proxy: undefined,
      attempts: cursor.attempts,
    });
  }
  await clock.sleep(pauseBefore(retry, cursor.attempts, undefined, options.random()), signal);
  cursor.attempts += 1;
  return reopened(first, cursor, options);
}

async function reopened(
  first: Followed,
  cursor: Cursor,
  options: ResumeOptions,
): Promise<Followed> {
  const validator = options.partial ? undefined : rangeValidator(first.answer);
  const byRange = validator !== undefined && cursor.delivered > 0;
  const next = await options.reopen(
    byRange ? { range: `bytes=${cursor.delivered}-`, 'if-range': validator } : {},
  );
  cursor.skipped = 0;
  const problem =
    byRange && next.answer.status === 206
      ? joint(cursor, first.answer, next.answer)
      : replay(cursor, first.answer, next.answer);
  if (problem === undefined) return next;
  await discard(next.answer);
  throw changed(options.purpose, next.url, problem);
}

/** Whether a 206 continues exactly where the transfer broke; the problem, or undefined. */
function joint(cursor: Cursor, first: Answer, next: Answer): string | undefined {
  const range = parseContentRange(headerOf(next, 'content-range'));
  const size = contentLength(first);
  cursor.skip = 0;
  if (range?.start !== cursor.delivered) return 'the server sends another part than was asked for';
  return size !== undefined && range.size !== undefined && range.size !== size
    ? 'its size changed'
    : undefined;
}

/** Whether an answer starts from the beginning again, as the first did; the problem, or undefined. */
function replay(cursor: Cursor, first: Answer, next: Answer): string | undefined {
  cursor.skip = cursor.delivered;
  if (next.status !== first.status) return `the server now answers ${next.status}`;
  return contentLength(next) === contentLength(first) ? undefined : 'its size changed';
}
