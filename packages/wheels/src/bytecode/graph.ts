import {
  codeFields,
  DICT_END,
  FLAG_REF,
  internedType,
  isSingleton,
  LAYOUT,
  layoutOf,
  leafHead,
  leafSize,
  MarshalError,
  plainType,
  REF,
} from './marshal.ts';
import { bytesHash, createTable, type Table } from './table.ts';

/**
 * The objects of marshal data, by number. Equal constants are one object, however often and wherever they stand.
 * Kept in typed arrays that are used again for the next data: a standard library has two million objects.
 */
export interface Graph {
  data: Buffer;
  size: number;
  /** Type codes; of strings those of the plain form. */
  types: Uint8Array;
  interned: Uint8Array;
  /** Leaves: the bytes after the type code. Others: their children, as places in `children`. */
  starts: Int32Array;
  ends: Int32Array;
  /** Objects inside others, in order, of a dict keys and values in turn, of a set by number. */
  children: Int32Array;
  /** Of code objects: where their numbers stand, and where the last one does, the first line. */
  numbers: Int32Array;
  lines: Int32Array;
}

interface Parser extends Graph {
  fields: string;
  at: number;
  childCount: number;
  /** Targets of references; -1 while the target is being read. */
  readonly refs: number[];
  /** Children of the objects that are being read. */
  readonly open: number[];
  readonly table: Table;
}

const MAX_DEPTH = 3000;

/** Reads marshal data into a graph that lasts until the next call. */
export interface GraphReader {
  /** The number of the root. Throws `MarshalError`, and RangeError on data that is cut. */
  read(data: Buffer, minor: number): { readonly graph: Graph; readonly root: number };
}

export function createGraphReader(): GraphReader {
  const parser: Parser = { ...emptyGraph(), ...emptyState() };
  return {
    read: (data, minor) => {
      const fields = codeFields(minor);
      if (fields === undefined) throw new MarshalError(`Python 3.${minor} is not known`);
      Object.assign(parser, { data, fields, size: 0, at: 0, childCount: 0 });
      parser.refs.length = 0;
      parser.open.length = 0;
      parser.table.clear(data.length >> 3);
      const root = read(parser, 0);
      if (parser.at !== data.length)
        throw new MarshalError(`it ends at ${parser.at} of ${data.length}`);
      return { graph: parser, root };
    },
  };
}

const FIRST_SIZE = 1 << 14;

function emptyGraph(): Graph {
  return {
    data: Buffer.alloc(0),
    size: 0,
    types: new Uint8Array(FIRST_SIZE),
    interned: new Uint8Array(FIRST_SIZE),
    starts: new Int32Array(FIRST_SIZE),
    ends: new Int32Array(FIRST_SIZE),
    children: new Int32Array(FIRST_SIZE),
    numbers: new Int32Array(FIRST_SIZE),
    lines: new Int32Array(FIRST_SIZE),
  };
}

function emptyState(): Omit<Parser, keyof Graph> {
  return { fields: '', at: 0, childCount: 0, refs: [], open: [], table: createTable() };
}

function read(p: Parser, depth: number): number {
  const first = p.data.readUInt8(p.at);
  if (depth > MAX_DEPTH) throw new MarshalError(`too deep at ${p.at}`);
  const type = first & ~FLAG_REF;
  p.at += 1;
  if (type === REF) return readRef(p);
  const slot = first & FLAG_REF ? p.refs.push(-1) - 1 : -1;
  const node = readBody(p, type, depth);
  if (slot >= 0) p.refs[slot] = node;
  return node;
}

function readRef(p: Parser): number {
  const number = take32(p);
  const node = p.refs[number] ?? -1;
  if (node < 0) throw new MarshalError(`reference ${number} before ${p.at} has no target`);
  return node;
}

function take32(p: Parser): number {
  const value = p.data.readUInt32LE(p.at);
  p.at += 4;
  return value;
}

function readBody(p: Parser, type: number, depth: number): number {
  switch (layoutOf(type)) {
    case LAYOUT.smallTuple: {
      const count = p.data.readUInt8(p.at);
      p.at += 1;
      return merged(p, type, readMany(p, count, depth));
    }
    case LAYOUT.sequence:
      return merged(p, type, readMany(p, take32(p), depth));
    case LAYOUT.set: {
      const from = readMany(p, take32(p), depth);
      for (const child of p.open.splice(from).sort((a, b) => a - b)) p.open.push(child);
      return merged(p, type, from);
    }
    case LAYOUT.slice:
      return merged(p, type, readMany(p, 3, depth));
    case LAYOUT.dict:
      return container(p, type, readDict(p, depth));
    case LAYOUT.code:
      return readCode(p, type, depth);
    default:
      return leaf(p, type);
  }
}

/** Leaves the children open, and gives where they begin. */
function readMany(p: Parser, count: number, depth: number): number {
  if (count > p.data.length - p.at) throw new MarshalError(`cut at ${p.at}`);
  const from = p.open.length;
  for (let index = 0; index < count; index += 1) p.open.push(read(p, depth + 1));
  return from;
}

function readDict(p: Parser, depth: number): number {
  const from = p.open.length;
  while (p.data.readUInt8(p.at) !== DICT_END) {
    p.open.push(read(p, depth + 1));
    p.open.push(read(p, depth + 1));
  }
  p.at += 1;
  return from;
}

function readCode(p: Parser, type: number, depth: number): number {
  const from = p.open.length;
  const numbers = p.at;
  let line = 0;
  for (const field of p.fields) {
    if (field === 'o') p.open.push(read(p, depth + 1));
    else {
      line = p.at;
      take32(p);
    }
  }
  const node = container(p, type, from);
  p.numbers[node] = numbers;
  p.lines[node] = line;
  return node;
}

/** An object of its own: code objects and dicts are never merged. */
function container(p: Parser, type: number, from: number): number {
  const { open } = p;
  const count = open.length - from;
  if (p.childCount + count > p.children.length) p.children = grown(p.children, count);
  const start = p.childCount;
  for (let index = 0; index < count; index += 1) p.children[start + index] = open[from + index]!;
  p.childCount += count;
  open.length = from;
  return add(p, type, start, p.childCount);
}

/** A tuple, set or slice; one with equal elements is the same, of a set in any order. */
function merged(p: Parser, type: number, from: number): number {
  const { open, table } = p;
  const count = open.length - from;
  let hash = type;
  for (let index = from; index < open.length; index += 1)
    hash = Math.imul(hash ^ open[index]!, 0x01000193);
  for (let at = table.find(hash); at >= 0; at = table.next()) {
    if (p.types[at] !== type || p.ends[at]! - p.starts[at]! !== count) continue;
    const start = p.starts[at]!;
    let same = 0;
    while (same < count && p.children[start + same] === open[from + same]) same += 1;
    if (same < count) continue;
    open.length = from;
    return at;
  }
  const node = container(p, type, from);
  table.add(hash, node);
  return node;
}

function leaf(p: Parser, type: number): number {
  const { data, table } = p;
  const start = p.at;
  const end = start + leafSize(data, start, type);
  if (end > data.length) throw new MarshalError(`cut at ${start}`);
  p.at = end;
  const plain = plainType(type);
  const interned = isInterned(data, type, plain, start, end) ? 1 : 0;
  const hash = bytesHash(data, start, end, plain);
  for (let at = table.find(hash); at >= 0; at = table.next()) {
    if (p.types[at] !== plain || !sameBytes(p, at, start, end)) continue;
    p.interned[at]! |= interned;
    return at;
  }
  const node = add(p, plain, start, end);
  p.interned[node] = interned;
  table.add(hash, node);
  return node;
}

function isInterned(data: Buffer, type: number, plain: number, start: number, end: number) {
  if (plain !== type) return true;
  return internedType(plain) !== plain && isSingleton(data, plain, start + leafHead(plain), end);
}

function sameBytes({ data, starts, ends }: Parser, at: number, start: number, end: number) {
  const from = starts[at]!;
  const length = end - start;
  if (ends[at]! - from !== length) return false;
  for (let index = 0; index < length; index += 1)
    if (data[from + index] !== data[start + index]) return false;
  return true;
}

function add(p: Parser, type: number, start: number, end: number): number {
  const node = p.size++;
  if (node === p.types.length) enlarge(p);
  p.types[node] = type;
  p.interned[node] = 0;
  p.starts[node] = start;
  p.ends[node] = end;
  p.numbers[node] = -1;
  return node;
}

function enlarge(p: Parser): void {
  p.types = grown(p.types, 1);
  p.interned = grown(p.interned, 1);
  p.starts = grown(p.starts, 1);
  p.ends = grown(p.ends, 1);
  p.numbers = grown(p.numbers, 1);
  p.lines = grown(p.lines, 1);
}

function grown<T extends Uint8Array | Int32Array>(array: T, more: number): T {
  const size = Math.max(array.length * 2, array.length + more);
  const larger = new (array.constructor as new (size: number) => T)(size);
  larger.set(array);
  return larger;
}
