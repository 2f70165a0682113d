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

// Flags of a data type (numpy/_core/include/numpy/ndarraytypes.h) by kind, and what a record takes from its fields.
const FLAGS: Readonly<Record<string, number>> = { O: 0x3f, U: 0x08 };
const FROM_FIELDS = 0x1b;
const NEEDS_PYAPI = 0x10;
const ALIGNED_STRUCT = 0x80;

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
    throw badArray(m, `there is no data type ${match[0]}`);
  return dtype(kind, kind === 'U' ? count * 4 : count);
}

function dtype(kind: string, itemsize: number): DtypeValue {
  return {
    type: 'dtype',
    kind,
    itemsize,
    hasObject: kind === 'O',
    flags: FLAGS[kind] ?? 0,
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
  const dated = target.kind === 'M' || target.kind === 'm';
  const known = dated
    ? version === 4n && state.items.length === 9 && isUnit(state.items[8])
    : version === 3n && state.items.length === 8;
  if (!known) throw badArray(m, 'the state of a data type has an unknown form');
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

const UNITS = ['generic', 'Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as'];

/** `(None, (b'ns', 1, 1, 1))`: the unit of a date, which numpy takes for granted. */
function isUnit(value: Value | undefined): boolean {
  const [metadata, parts] = is(value, 'tuple') ? value.items : [];
  const [unit, ...numbers] = is(parts, 'tuple') ? parts.items : [];
  const name = is(unit, 'bytes') ? Buffer.from(unit.data ?? []).toString('latin1') : unit;
  return (
    (metadata === null || (is(metadata, 'dict') && metadata.length === 0)) &&
    UNITS.some((known) => known === name) &&
    numbers.length === 3 &&
    numbers.every((number) => typeof number === 'bigint' && number > 0n && number < 2n ** 31n)
  );
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
  if (![1n, 2n, 4n, 8n, 16n].includes(alignment as bigint)) {
    throw badArray(m, 'a data type has no alignment');
  }
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
  target.flags = base.flags;
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
  const parts = names.items.map((name) => fieldOf(m, fields, name));
  demandApart(m, parts, elements);
  const types = parts.map(({ type }) => type);
  target.hasObject = types.some((type) => type.hasObject);
  target.flags = types.reduce((flags, type) => flags | (type.flags & FROM_FIELDS), NEEDS_PYAPI);
}

interface Field {
  readonly type: DtypeValue;
  readonly offset: number;
}

function fieldOf(m: Machine, fields: DictValue, name: Value): Field {
  const field = typeof name === 'string' ? fields.entries.get(name) : undefined;
  const [type, offset] = is(field, 'tuple') ? field.items : [];
  if (!is(type, 'dtype') || !is(field, 'tuple') || field.items.length !== 2) {
    throw badArray(m, 'a field has no data type');
  }
  return { type, offset: size(offset) ?? NaN };
}

/** Fields lie within the element, and beside each other: a number over a reference would make a pointer of it. */
function demandApart(m: Machine, fields: readonly Field[], elements: number): void {
  let end = 0;
  for (const { type, offset } of fields.toSorted((a, b) => a.offset - b.offset)) {
    if (!(offset >= end)) throw badArray(m, 'the fields of a data type overlap');
    end = offset + type.itemsize;
  }
  if (end > elements) throw badArray(m, 'a field lies outside its element');
}

/** The flags must be the very ones that numpy gives this type: one bit less, and it takes garbage for references. */
function checkFlags(m: Machine, target: DtypeValue, given: Value | undefined): void {
  // numpy 1 writes them as a signed byte.
  const known = typeof given === 'bigint' && given >= -128n && given <= 255n;
  const flags = known ? Number(given) & 0xff : -1;
  const aligned = target.kind === 'V' ? flags & ALIGNED_STRUCT : 0;
  if (flags !== (target.flags | aligned)) {
    throw badArray(m, 'the flags of a data type are not those that numpy gives it');
  }
}
