import { badArray } from './dtype.ts';
import type { Machine } from './machine.ts';
import {
  is,
  size,
  type ArrayValue,
  type BytesValue,
  type DtypeValue,
  type ScalarValue,
  type Value,
} from './values.ts';

/** A shape of dimensions, or undefined. */
export function shapeOf(value: Value | undefined): number[] | undefined {
  if (!is(value, 'tuple') || value.items.length > 64) return undefined;
  const shape = value.items.map(size);
  return shape.includes(undefined) ? undefined : (shape as number[]);
}

/** The count of elements; MLC3041 where it is no safe number of bytes. */
export function countOf(m: Machine, shape: readonly number[], dtype: DtypeValue): number {
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(count * Math.max(dtype.itemsize, 1)))
    throw badArray(m, 'an array is larger than any memory');
  return count;
}

/** An array that is still to be filled. */
export function emptyArray(): ArrayValue {
  return {
    type: 'array',
    dtype: undefined,
    shape: [0],
    fortran: false,
    data: undefined,
    items: undefined,
  };
}

/** `_reconstruct(numpy.ndarray, (0,), b'b')`: an empty array, filled by the state that follows. */
export function makeArray(_: Machine, args: readonly Value[]): ArrayValue | undefined {
  const [cls, shape, code] = args;
  const letter = code === 'b' || (is(code, 'bytes') && code.length === 1);
  if (args.length !== 3 || !is(cls, 'global') || !letter) return undefined;
  const dims = shapeOf(shape);
  return dims?.length === 1 && dims[0] === 0 ? emptyArray() : undefined;
}

/** `ndarray.__setstate__((1, shape, dtype, is_fortran, data))`. */
export function buildArray(m: Machine, target: ArrayValue, state: Value): void {
  const parts = is(state, 'tuple') ? state.items : [];
  const [version, shapeValue, dtype, fortran, raw] = parts;
  const shape = shapeOf(shapeValue);
  if (target.dtype !== undefined) throw badArray(m, 'the state of an array is set twice');
  if (parts.length !== 5 || version !== 1n || shape === undefined || !is(dtype, 'dtype')) {
    throw badArray(m, 'the state of an array is malformed');
  }
  fill(m, target, dtype, shape, raw!);
  target.fortran = fortran === true || fortran === 1n;
}

function fill(
  m: Machine,
  target: ArrayValue,
  dtype: DtypeValue,
  shape: readonly number[],
  raw: Value,
): void {
  const count = countOf(m, shape, dtype);
  if (dtype.hasObject) {
    if (!is(raw, 'list') || raw.length !== count)
      throw badArray(m, 'an object array has not as many objects as its shape says');
    target.items = raw.items;
  } else {
    if (!is(raw, 'bytes')) throw badArray(m, 'an array has no bytes');
    if ((raw.length ?? count * dtype.itemsize) !== count * dtype.itemsize) {
      throw badArray(m, 'an array has not as many bytes as its shape says');
    }
    target.data = raw.data;
  }
  target.dtype = dtype;
  target.shape = shape;
}

/** `_frombuffer(bytes, dtype, shape, order)`: an array in protocol 5. */
export function fromBuffer(m: Machine, args: readonly Value[]): ArrayValue | undefined {
  const [raw, dtype, shapeValue, order] = args;
  const shape = shapeOf(shapeValue);
  if (shape === undefined || !is(raw, 'bytes') || !is(dtype, 'dtype') || dtype.hasObject)
    return undefined;
  if (order !== 'C' && order !== 'F') return undefined;
  // numpy 2.3 and later add the order of axes.
  if (args.length !== 4 && !(args.length === 5 && (args[4] === null || is(args[4], 'tuple'))))
    return undefined;
  const array = emptyArray();
  fill(m, array, dtype, shape, raw);
  array.fortran = order === 'F';
  return array;
}

/** `scalar(dtype, bytes)`. */
export function makeScalar(m: Machine, args: readonly Value[]): ScalarValue | undefined {
  const [dtype, raw] = args;
  if (args.length !== 2 || !is(dtype, 'dtype') || dtype.hasObject || !is(raw, 'bytes'))
    return undefined;
  if (raw.length !== undefined && raw.length !== dtype.itemsize)
    throw badArray(m, 'a scalar has not as many bytes as its type');
  return { type: 'scalar', dtype, data: (raw satisfies BytesValue).data };
}
