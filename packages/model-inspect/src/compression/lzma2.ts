import { byte, damaged, need, type Compressed } from './fault.ts';
import {
  createLzma,
  decodeLzma,
  put,
  resetDictionary,
  resetState,
  setProperties,
  startRange,
  type LzmaState,
} from './lzma-decoder.ts';
import { lastBytes } from './lzma-output.ts';

/** A chunk makes at most 2 MiB, and its bytes are copied out of the dictionary piece by piece. */
const STEP = 64 * 1024;

/** What a chunk must bring before data: first the dictionary's reset, then the properties. */
type Missing = 'dictionary' | 'properties' | 'nothing';

/** The plain bytes of LZMA2 data (xz file format 1.2.1, section 5.3.1; liblzma, lzma2_decoder.c). */
export async function* lzma2(
  from: Compressed,
  dictionarySize: number,
): AsyncGenerator<Uint8Array, void, void> {
  const state = createLzma(from.raw, Math.max(dictionarySize, 2 * STEP));
  let missing: Missing = 'dictionary';
  for (;;) {
    await need(from, 1);
    const control = byte(from.raw);
    if (control === 0) return;
    if (control > 2 && control < 0x80) throw damaged(from, 'an LZMA2 chunk has no known kind');
    if (control === 1 || control >= 0xe0) {
      resetDictionary(state);
      missing = 'properties';
    }
    if (missing === 'dictionary')
      throw damaged(from, 'the first chunk does not reset the dictionary');
    if (control < 0x80) yield* stored(from, state);
    else {
      yield* coded(from, state, control, missing);
      missing = 'nothing';
    }
  }
}

async function uint16(from: Compressed): Promise<number> {
  await need(from, 2);
  return (byte(from.raw) << 8) | byte(from.raw);
}

async function* stored(from: Compressed, state: LzmaState): AsyncGenerator<Uint8Array, void, void> {
  const { raw } = from;
  const size = (await uint16(from)) + 1;
  await need(from, size);
  const bytes = raw.buffer.slice(raw.pos, raw.pos + size);
  raw.pos += size;
  for (const value of bytes) put(state, value);
  yield bytes;
}

async function* coded(
  from: Compressed,
  state: LzmaState,
  control: number,
  missing: Missing,
): AsyncGenerator<Uint8Array, void, void> {
  const { raw } = from;
  const target = state.total + ((control & 0x1f) << 16) + (await uint16(from)) + 1;
  const compressed = (await uint16(from)) + 1;
  await need(from, 1);
  if (control >= 0xc0) {
    if (!setProperties(state, byte(raw)) || state.lc + state.lp > 4)
      throw damaged(from, 'its properties are out of range');
  } else if (missing === 'properties') throw damaged(from, 'a chunk has no properties');
  if (control >= 0xa0) resetState(state);
  await need(from, compressed);
  const end = raw.pos + compressed;
  if (!startRange(state)) throw damaged(from, 'the range coder does not start with zero');
  while (state.total < target) {
    const before = state.total;
    const result = decodeLzma(state, Math.min(target, before + STEP), Infinity);
    if (result !== 'more' || state.total > target) throw damaged(from, 'a chunk cannot be decoded');
    yield* lastBytes(state, state.total - before);
  }
  if (raw.pos !== end || state.code !== 0)
    throw damaged(from, 'a chunk does not end where it should');
}
