import { setTimeout as sleep } from 'node:timers/promises';

import { ofKind } from './answers.ts';
import type { Moment } from './fault.ts';
import type { Strike } from './matching.ts';

/** Thrown where a fault ends a request. */
export class CutError extends Error {
  override readonly name = 'CutError';
}

/** Cuts or stalls where a fault says so for this moment. `gone` is aborted when the client is. */
export async function passMoment(
  strikes: readonly Strike[],
  moment: 'arrival' | 'answer' | 'headers',
  gone: AbortSignal,
): Promise<void> {
  const at = (what: { readonly at: Moment }): boolean => what.at === moment;
  if (ofKind(strikes, 'stall').some(({ what }) => at(what))) await until(gone);
  if (ofKind(strikes, 'cut').some(({ what }) => at(what))) throw new CutError();
}

/** A body on its way, cut, stalled or slowed where faults say so. */
export async function* troubled(
  source: AsyncIterable<Uint8Array>,
  strikes: readonly Strike[],
  side: 'request' | 'answer',
  gone: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const slow = ofKind(strikes, 'slow').find(({ what }) => what.body === side)?.what;
  const end = endOf(strikes, side);
  let passed = 0;
  for await (const chunk of source) {
    const kept = chunk.subarray(0, Math.max(0, end.after - passed));
    for (const piece of piecesOf(kept, slow?.bytes)) {
      if (slow !== undefined) await sleep(slow.pauseMs, undefined, { signal: gone });
      passed += piece.byteLength;
      yield piece;
    }
    if (passed >= end.after) await end.happens(gone);
  }
  if (passed >= end.after) await end.happens(gone);
}

function* piecesOf(chunk: Uint8Array, size = Number.POSITIVE_INFINITY): Generator<Uint8Array> {
  for (let at = 0; at < chunk.byteLength; at += size) yield chunk.subarray(at, at + size);
}

interface End {
  /** Bytes. */
  readonly after: number;
  readonly happens: (gone: AbortSignal) => Promise<void>;
}

/** Where a body ends before its time, and how. */
function endOf(strikes: readonly Strike[], side: 'request' | 'answer'): End {
  const cut = ofKind(strikes, 'cut').map(({ what }) => bytesOf(what.at, side));
  const stall = ofKind(strikes, 'stall').map(({ what }) => bytesOf(what.at, side));
  const [cutAfter, stallAfter] = [Math.min(...cut), Math.min(...stall)];
  return cutAfter <= stallAfter
    ? { after: cutAfter, happens: () => Promise.reject(new CutError()) }
    : { after: stallAfter, happens: until };
}

function bytesOf(moment: Moment, side: 'request' | 'answer'): number {
  if (typeof moment === 'string') return Number.POSITIVE_INFINITY;
  const bytes = 'requestBytes' in moment ? moment.requestBytes : moment.responseBytes;
  return 'requestBytes' in moment === (side === 'request') ? bytes : Number.POSITIVE_INFINITY;
}

/** Waits until the client is gone, and ends with that. */
function until(gone: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(gone.reason as Error);
    if (gone.aborted) end();
    else gone.addEventListener('abort', end, { once: true });
  });
}

/** A body of which one byte is another. */
export async function* damaged(
  source: AsyncIterable<Uint8Array>,
  position: number,
): AsyncGenerator<Uint8Array> {
  let passed = 0;
  for await (const chunk of source) {
    const at = position - passed;
    passed += chunk.byteLength;
    if (at < 0 || at >= chunk.byteLength) yield chunk;
    else {
      const copy = Uint8Array.from(chunk);
      copy[at] = (copy[at] ?? 0) ^ 0xff;
      yield copy;
    }
  }
}
