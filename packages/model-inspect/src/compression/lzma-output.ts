import type { LzmaState } from './lzma-decoder.ts';

/** Copies of the dictionary's last `count` bytes, which may go round its end. */
export function* lastBytes(s: LzmaState, count: number): Generator<Uint8Array, void, void> {
  if (count === 0) return;
  const from = s.position - count;
  if (from < 0) yield s.dictionary.slice(s.dictionary.length + from);
  yield s.dictionary.slice(Math.max(from, 0), s.position);
}

/** A dictionary larger than joblib's highest preset makes; a file that asks for more wants memory, not compression. */
export const MAX_DICTIONARY = 64 * 1024 * 1024;
