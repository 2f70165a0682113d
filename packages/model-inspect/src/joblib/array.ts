import { mlcError } from '@mlcontainer/plugin-kit';
import { skip, take, type Window } from '../bytes/window.ts';
import { badArray } from '../pickle/dtype.ts';
import { hold, type Machine } from '../pickle/machine.ts';
import { countOf, emptyArray, shapeOf } from '../pickle/ndarray.ts';
import {
  is,
  size,
  type ArrayValue,
  type DtypeValue,
  type ObjectValue,
  type Value,
} from '../pickle/values.ts';

/** What joblib's NumpyArrayWrapper says of the bytes that follow it. */
interface Wrapper {
  readonly dtype: DtypeValue;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  /** Undefined before joblib 1.2, and where the file has no positions. */
  readonly alignment: number | undefined;
}

function readWrapper(m: Machine, wrapper: ObjectValue): Wrapper {
  const state = wrapper.states.at(-1);
  if (wrapper.states.length !== 1 || !is(state, 'dict'))
    throw badArray(m, 'an array wrapper has no plain state');
  const get = (key: string): Value | undefined => state.entries.get(key);
  const shape = shapeOf(get('shape'));
  const dtype = get('dtype');
  const order = get('order');
  const subclass = get('subclass');
  const alignment = get('numpy_array_alignment_bytes') ?? undefined;
  if (shape === undefined || !is(dtype, 'dtype'))
    throw badArray(m, 'an array wrapper has no shape or no data type');
  if (order !== 'C' && order !== 'F') throw badArray(m, 'an array wrapper has no order');
  if (!is(subclass, 'global')) throw badArray(m, 'an array wrapper has no class');
  const bytes = alignment === undefined ? undefined : size(alignment);
  if (alignment !== undefined && !(bytes !== undefined && bytes > 0 && bytes < 256)) {
    throw badArray(m, 'an array wrapper has an alignment out of range');
  }
  return { dtype, shape, fortran: order === 'F', alignment: bytes };
}

/**
 * Reads what stands behind a wrapper (joblib/numpy_pickle.py, NumpyArrayWrapper.read_array): a nested pickle where the
 * data type holds objects, otherwise padding and exactly the array's bytes, kept where they are few.
 */
export async function readArray(
  m: Machine,
  w: Window,
  symbol: ObjectValue,
  walkNested: (w: Window) => Promise<Value>,
): Promise<ArrayValue> {
  const wrapper = readWrapper(m, symbol);
  const count = countOf(m, wrapper.shape, wrapper.dtype);
  m.inspection.arrays++;
  hold(m, 1);
  if (wrapper.dtype.hasObject) {
    const value = await walkNested(w);
    if (!is(value, 'array')) throw badArray(m, 'an object array is no array');
    return value;
  }
  if (wrapper.alignment !== undefined) await skipPadding(m, w, wrapper.alignment);
  const data = await readData(m, w, count * wrapper.dtype.itemsize);
  const { dtype, shape, fortran } = wrapper;
  return { ...emptyArray(), dtype, shape, fortran, data };
}

function cutShort(m: Machine, w: Window): never {
  throw mlcError('MLC3010', { file: m.inspection.file, offset: w.base + w.end });
}

/** One byte with the count of padding bytes, and these: joblib writes 1 to `alignment` times 0xff. */
async function skipPadding(m: Machine, w: Window, alignment: number): Promise<void> {
  const length = (await take(w, 1)) ?? cutShort(m, w);
  const padding = (await take(w, length[0]!)) ?? cutShort(m, w);
  if (padding.length > alignment || padding.some((b) => b !== 0xff))
    throw badArray(m, 'the padding before an array is not as joblib writes it');
}

async function readData(m: Machine, w: Window, length: number): Promise<Uint8Array | undefined> {
  const { used, limits } = m.inspection;
  if (length > limits.array || used.arrays + length > limits.arrays) {
    return (await skip(w, length)) === length ? undefined : cutShort(m, w);
  }
  used.arrays += length;
  return (await take(w, length)) ?? cutShort(m, w);
}
