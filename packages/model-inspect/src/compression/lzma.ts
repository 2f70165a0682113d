import { fill } from '../bytes/window.ts';
import { byte, damaged, demandEnd, need, uint32, unsupported, type Compressed } from './fault.ts';
import {
  createLzma,
  decodeLzma,
  resetState,
  setProperties,
  startRange,
  type LzmaState,
} from './lzma-decoder.ts';
import { lastBytes, MAX_DICTIONARY } from './lzma-output.ts';

/** Output between two yields; a dictionary is never smaller, so nothing is overwritten before it is copied. */
const STEP = 64 * 1024;
/** More than one symbol can take, and the range coder's start. */
const SYMBOL_INPUT = 32;
const UNKNOWN = 0xffffffff;

/** The plain bytes of an `.lzma` file (FORMAT_ALONE; LZMA specification, "LZMA file format"). */
export async function* lzma(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  const { state, size } = await readHeader(from);
  let ended = false;
  while (!ended && state.total !== size) {
    await fill(from.raw, STEP);
    const before = state.total;
    const result = step(from, state, Math.min(size, before + STEP));
    yield* lastBytes(state, state.total - before);
    ended = result === 'end-marker';
  }
  // A stream of known size may still have its end marker; anything else there is left to demandEnd.
  if (!ended && (await fill(from.raw, 1))) step(from, state, Infinity);
  if (size !== Infinity && state.total !== size) throw damaged(from, 'size differs');
  if (state.code !== 0) throw damaged(from, 'the range coder does not end on zero');
  await demandEnd(from);
}

function step(from: Compressed, state: LzmaState, limit: number) {
  const { raw } = from;
  const result = decodeLzma(state, limit, raw.ended ? Infinity : raw.end - SYMBOL_INPUT);
  if (state.overrun > 0) throw damaged(from, 'it ends too early');
  if (result === 'damaged') throw damaged(from, 'a match points before the start');
  return result;
}

async function readHeader(from: Compressed): Promise<{ state: LzmaState; size: number }> {
  const { raw } = from;
  await need(from, 18);
  const properties = byte(raw);
  const dictionarySize = uint32(raw);
  const low = uint32(raw);
  const high = uint32(raw);
  if (dictionarySize > MAX_DICTIONARY)
    throw unsupported(from, 'its dictionary is larger than 64 MiB');
  const state = createLzma(raw, Math.max(dictionarySize, 2 * STEP));
  if (!setProperties(state, properties)) throw damaged(from, 'its properties are out of range');
  resetState(state);
  if (!startRange(state)) throw damaged(from, 'the range coder does not start with zero');
  const size = low === UNKNOWN && high === UNKNOWN ? Infinity : low + high * 2 ** 32;
  return { state, size };
}
