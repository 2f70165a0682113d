import {
  canonicalType,
  codeFields,
  FLAG_REF,
  LAYOUT,
  layoutOf,
  MarshalError,
  REF,
  shapeOf,
} from './marshal.ts';

const DICT_END = 0x30;
const MAX_DEPTH = 5000;

interface Walk {
  readonly data: Buffer;
  readonly fields: string;
  /** Start of each object that carries FLAG_REF, in the order in which references count them. */
  readonly flagged: number[];
  /** How often each is referred to. */
  readonly uses: number[];
  /** False while only the end of an object is looked for. */
  noting: boolean;
}

interface Emission extends Walk {
  readonly out: Buffer;
  /** Number of each flagged object by its start, for those that are referred to. */
  readonly numbers: ReadonlyMap<number, number>;
  /** Its number in the result, -1 until it is written. */
  readonly renumbered: Int32Array;
  next: number;
  position: number;
}

/**
 * Rewrites marshal data into one canonical form. What CPython writes depends on more than the source: an object
 * gets FLAG_REF when anything in the process holds a second reference to it, and the order of a frozenset's
 * elements follows from those flags (or, before 3.11, from hashes). Here only objects that are referred to carry the
 * flag, references count only those, and elements of sets are sorted by their bytes. Loading gives an equal code
 * object. The result has the same length. `minor` is the interpreter's: 11 for 3.11. Throws `MarshalError`, and
 * RangeError on data that is cut.
 */
export function canonicalMarshal(data: Buffer, minor: number): Buffer {
  const fields = codeFields(minor);
  if (fields === undefined) throw new MarshalError(`Python 3.${minor} is not known`);
  const walk: Walk = { data, fields, flagged: [], uses: [], noting: true };
  const end = scan(walk, 0, 0);
  if (end !== data.length) throw new MarshalError(`it ends at ${end} of ${data.length}`);
  walk.noting = false;
  const numbers = new Map<number, number>();
  walk.flagged.forEach((at, index) => walk.uses[index] && numbers.set(at, index));
  const renumbered = new Int32Array(walk.flagged.length).fill(-1);
  const emission: Emission = {
    ...walk,
    out: Buffer.from(data),
    numbers,
    renumbered,
    next: 0,
    position: 0,
  };
  emit(emission, 0);
  return emission.out;
}

/** Goes over one object, notes flags and references, and gives the position after it. */
function scan(walk: Walk, at: number, depth: number): number {
  const type = walk.data[at];
  if (type === undefined || depth > MAX_DEPTH) throw new MarshalError(`cut or too deep at ${at}`);
  if (walk.noting) note(walk, at, type);
  const layout = layoutOf(type);
  if (layout === LAYOUT.dict) return scanDict(walk, at + 1, depth);
  if (layout === LAYOUT.code) return scanCode(walk, at + 1, depth);
  const { head, children } = shapeOf(walk.data, at);
  let end = at + head;
  for (let index = 0; index < children; index += 1) end = scan(walk, end, depth + 1);
  return end;
}

function note(walk: Walk, at: number, type: number): void {
  if (type & FLAG_REF) {
    walk.flagged.push(at);
    walk.uses.push(0);
  } else if (type === REF) {
    const index = walk.data.readUInt32LE(at + 1);
    const uses = walk.uses[index];
    if (uses === undefined) throw new MarshalError(`reference ${index} at ${at} has no target`);
    walk.uses[index] = uses + 1;
  }
}

function scanDict(walk: Walk, start: number, depth: number): number {
  let at = start;
  while (walk.data[at] !== DICT_END) at = scan(walk, scan(walk, at, depth + 1), depth + 1);
  return at + 1;
}

function scanCode(walk: Walk, start: number, depth: number): number {
  let at = start;
  for (const field of walk.fields) at = field === 'i' ? at + 4 : scan(walk, at, depth + 1);
  return at;
}

/** Writes one object at the current position, its first occurrence in full, and gives the end of its source. */
function emit(to: Emission, at: number): number {
  const type = to.data[at] ?? 0;
  if (type === REF) {
    const number = to.data.readUInt32LE(at + 1);
    if (to.renumbered[number] === -1) emit(to, to.flagged[number] ?? 0);
    else emitRef(to, number);
    return at + 5;
  }
  const number = type & FLAG_REF ? to.numbers.get(at) : undefined;
  if (number !== undefined) {
    if (to.renumbered[number] !== -1) {
      emitRef(to, number);
      return scan(to, at, 0);
    }
    to.renumbered[number] = to.next++;
  }
  return emitBody(to, at, canonicalType(to.data, at) | (number === undefined ? 0 : FLAG_REF));
}

function emitRef(to: Emission, number: number): void {
  to.out[to.position] = REF;
  to.out.writeUInt32LE(to.renumbered[number] ?? 0, to.position + 1);
  to.position += 5;
}

function emitBody(to: Emission, at: number, type: number): number {
  const layout = layoutOf(type);
  if (layout === LAYOUT.dict) return emitDict(to, copy(to, at, at + 1, type));
  if (layout === LAYOUT.code) return emitCode(to, copy(to, at, at + 1, type));
  const { head, children } = shapeOf(to.data, at);
  let end = copy(to, at, at + head, type);
  if (layout === LAYOUT.set && children > 1) return emitSorted(to, end, children);
  for (let index = 0; index < children; index += 1) end = emit(to, end);
  return end;
}

function emitDict(to: Emission, start: number): number {
  let at = start;
  while (to.data[at] !== DICT_END) at = emit(to, emit(to, at));
  return copy(to, at, at + 1, DICT_END);
}

function emitCode(to: Emission, start: number): number {
  let at = start;
  for (const field of to.fields) {
    at = field === 'i' ? copy(to, at, at + 4, to.data[at] ?? 0) : emit(to, at);
  }
  return at;
}

function emitSorted(to: Emission, start: number, count: number): number {
  const elements: { at: number; key: string }[] = [];
  let end = start;
  for (let index = 0; index < count; index += 1) {
    elements.push({ at: end, key: keyOf(to, end) });
    end = scan(to, end, 0);
  }
  elements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { at } of elements) emit(to, at);
  return end;
}

/** `out` begins as a copy of the source, so bytes that stay where they are need no copying. */
function copy(to: Emission, start: number, end: number, first: number): number {
  if (to.position !== start) to.data.copy(to.out, to.position, start, end);
  to.out[to.position] = first;
  to.position += end - start;
  return end;
}

/** The bytes of an object with references followed and flags left out: the same wherever it stands. */
function keyOf(walk: Walk, at: number): string {
  const { data } = walk;
  if (data[at] === REF) return keyOf(walk, walk.flagged[data.readUInt32LE(at + 1)] ?? 0);
  const { head, children } = shapeOf(data, at);
  const keys: string[] = [];
  let next = at + head;
  for (let index = 0; index < children; index += 1) {
    keys.push(keyOf(walk, next));
    next = scan(walk, next, 0);
  }
  if (layoutOf(data[at] ?? 0) === LAYOUT.set) keys.sort();
  return (
    String.fromCharCode(canonicalType(data, at)) +
    data.toString('latin1', at + 1, at + head) +
    keys.join('')
  );
}
