import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';
import type { Machine } from './machine.ts';
import {
  is,
  size,
  type DictValue,
  type DtypeValue,
  type TupleValue,
  type Value,
} from './values.ts';

/** MLC3041 at the current opcode. */
export function badArray(m: Machine, detail: string): MlcError {
  return mlcError('MLC3041', { file: m.inspection.file, offset: m.offset, detail });
}

/** Element sizes in bytes of the kinds that have fixed ones. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  b: [1],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  f: [2, 4, 8, 12, 16],
  c: [8, 16, 24, 32],
  O: [4, 8],
  M: [8],
  m: [8],
};

// numpy/dtype flags (numpy/core/include/numpy/ndarraytypes.h): references, and raw pointers in the bytes.
const ITEM_REFCOUNT = 0x01;
const ITEM_IS_POINTER = 0x04;

/** `numpy.dtype('f8', False, True)`, as `dtype.__reduce__` writes it, or with `numpy.record` or another void type. */
export function makeDtype(m: Machine, args: readonly Value[]): DtypeValue | undefined {
  const [code, align, copy] = args;
  // Without a copy the state that follows would change the type for the whole process.
  if (args.length !== 3 || (align !== false && align !== 0n) || (copy !== true && copy !== 1n))
    return undefined;
  if (is(code, 'global')) return code.name === 'numpy.record' ? dtype('V', 0) : undefined;
  const match = typeof code === 'string' ? /^([biufcOSUVmM])(\d{1,9})$/.exec(code) : null;
  if (match === null) return undefined;
  const kind = match[1]!;
  const count = Number(match[2]);
  if (SIZES[kind]?.includes(count) === false)
    throw badArray(m, `there is no data type ${String(code)}`);
  return dtype(kind, kind === 'U' ? count * 4 : count);
}

function dtype(kind: string, itemsize: number): DtypeValue {
  return {
    type: 'dtype',
    kind,
    itemsize,
    hasObject: kind === 'O',
    littleEndian: true,
    built: false,
  };
}

/**
 * `dtype.__setstate__`: numpy believes what it is told here, flags and offsets included, so only states that numpy
 * itself writes are let in (numpy/_core/src/multiarray/descriptor.c, arraydescr_reduce).
 */
export function buildDtype(m: Machine, target: DtypeValue, state: Value): void {
  if (target.built) throw badArray(m, 'the state of a data type is set twice');
  if (!is(state, 'tuple')) throw badArray(m, 'the state of a data type is no tuple');
  const [version, endian, subarray, names, fields] = state.items;
  const known =
    (version === 3n && state.items.length === 8) || (version === 4n && state.items.length === 9);
  if (!known) throw badArray(m, 'the state of a data type has an unknown version');
  if (typeof endian !== 'string' || !['<', '>', '|', '='].includes(endian))
    throw badArray(m, 'a data type has no byte order');
  target.littleEndian = endian !== '>';
  target.built = true;
  const elements = elementSize(m, target, state);
  if (subarray !== null) buildSubarray(m, target, subarray!, elements);
  else if (fields !== null) buildFields(m, target, names!, fields!, elements);
  else if (names !== null) throw badArray(m, 'a data type has names but no fields');
  checkFlags(m, target, state.items[7]);
}

/** The element size of the state: -1 but for strings and void, where it repeats the size of the name. */
function elementSize(m: Machine, target: DtypeValue, state: TupleValue): number {
  const [given, alignment] = [state.items[5], state.items[6]];
  if (!'SUV'.includes(target.kind)) {
    if (given !== -1n || alignment !== -1n)
      throw badArray(m, 'a data type changes its element size');
    return target.itemsize;
  }
  const elements = size(given);
  if (elements === undefined) throw badArray(m, 'a data type has no element size');
  if (target.itemsize !== 0 && target.itemsize !== elements)
    throw badArray(m, 'a data type changes its element size');
  target.itemsize = elements;
  return elements;
}

function buildSubarray(m: Machine, target: DtypeValue, subarray: Value, elements: number): void {
  const [base, shape] = is(subarray, 'tuple') ? subarray.items : [];
  const dims = is(shape, 'tuple') ? shape.items : [shape];
  if (target.kind !== 'V' || !is(base, 'dtype'))
    throw badArray(m, 'a data type has a malformed subarray');
  const total = dims.reduce((product, dim) => product * (size(dim) ?? NaN), base.itemsize);
  if (total !== elements) throw badArray(m, 'a subarray does not fill its element');
  target.hasObject = base.hasObject;
}

function buildFields(
  m: Machine,
  target: DtypeValue,
  names: Value,
  fields: Value,
  elements: number,
): void {
  if (target.kind !== 'V' || !is(names, 'tuple') || !is(fields, 'dict'))
    throw badArray(m, 'a data type has malformed fields');
  if (fields.entries.size !== names.items.length || fields.length !== names.items.length) {
    throw badArray(m, 'a data type has fields besides its names');
  }
  target.hasObject = names.items
    .map((name) => fieldHasObject(m, fields, name, elements))
    .includes(true);
}

function fieldHasObject(m: Machine, fields: DictValue, name: Value, elements: number): boolean {
  const field = typeof name === 'string' ? fields.entries.get(name) : undefined;
  const [type, offset] = is(field, 'tuple') ? field.items : [];
  if (!is(type, 'dtype') || !is(field, 'tuple') || field.items.length !== 2)
    throw badArray(m, 'a field has no data type');
  const end = (size(offset) ?? NaN) + type.itemsize;
  if (!(end <= elements)) throw badArray(m, 'a field lies outside its element');
  return type.hasObject;
}

function checkFlags(m: Machine, target: DtypeValue, given: Value | undefined): void {
  // numpy writes these signed in old versions.
  const flags =
    typeof given === 'bigint' && given >= -128n && given <= 255n ? Number(given) & 0xff : undefined;
  if (flags === undefined) throw badArray(m, 'a data type has no flags');
  if (((flags & ITEM_REFCOUNT) !== 0) !== target.hasObject)
    throw badArray(m, 'the flags of a data type lie about objects');
  if ((flags & ITEM_IS_POINTER) !== 0 && target.kind !== 'O')
    throw badArray(m, 'the flags of a data type lie about pointers');
}
