import {
  codeFields,
  DICT_END,
  FLAG_REF,
  internedType,
  isSingleton,
  LAYOUT,
  layoutOf,
  leafSize,
  MarshalError,
  plainType,
  REF,
} from './marshal.ts';

/** An object of the data. Equal constants are one node, however often and wherever they stand. */
export interface Node {
  /** Type code; of strings that of the plain form. */
  readonly type: number;
  /** The bytes after the type code, of a leaf; none of a container. */
  readonly start: number;
  readonly end: number;
  /** Objects inside, in order; of a dict keys and values in turn. */
  readonly children: readonly Node[];
  /** Plain numbers of a code object: their positions. */
  readonly numbers: readonly number[];
  readonly id: number;
  interned: boolean;
}

interface Parser {
  readonly data: Buffer;
  readonly fields: string;
  /** Targets of references; undefined while the target is being read. */
  readonly refs: (Node | undefined)[];
  /** Nodes by what they are. */
  readonly known: Map<string, Node>;
  at: number;
  ids: number;
}

const MAX_DEPTH = 3000;
const NONE: readonly never[] = [];

/** A whole graph; ids are below `size`. */
export interface Graph {
  readonly root: Node;
  readonly size: number;
}

/** Reads marshal data into a graph. Throws `MarshalError`, and RangeError on data that is cut. */
export function readGraph(data: Buffer, minor: number): Graph {
  const fields = codeFields(minor);
  if (fields === undefined) throw new MarshalError(`Python 3.${minor} is not known`);
  const parser: Parser = { data, fields, refs: [], known: new Map(), at: 0, ids: 0 };
  const root = read(parser, 0);
  if (parser.at !== data.length)
    throw new MarshalError(`it ends at ${parser.at} of ${data.length}`);
  return { root, size: parser.ids };
}

function read(p: Parser, depth: number): Node {
  const first = p.data.readUInt8(p.at);
  if (depth > MAX_DEPTH) throw new MarshalError(`too deep at ${p.at}`);
  const type = first & ~FLAG_REF;
  p.at += 1;
  if (type === REF) return readRef(p);
  const slot = first & FLAG_REF ? p.refs.push(undefined) - 1 : -1;
  const node = readBody(p, type, depth);
  if (slot >= 0) p.refs[slot] = node;
  return node;
}

function readRef(p: Parser): Node {
  const number = take32(p);
  const node = p.refs[number];
  if (!node) throw new MarshalError(`reference ${number} before ${p.at} has no target`);
  return node;
}

function take32(p: Parser): number {
  const value = p.data.readUInt32LE(p.at);
  p.at += 4;
  return value;
}

function readBody(p: Parser, type: number, depth: number): Node {
  switch (layoutOf(type)) {
    case LAYOUT.smallTuple: {
      const count = p.data.readUInt8(p.at);
      p.at += 1;
      return container(p, type, readMany(p, count, depth));
    }
    case LAYOUT.sequence:
    case LAYOUT.set:
      return container(p, type, readMany(p, take32(p), depth));
    case LAYOUT.slice:
      return container(p, type, readMany(p, 3, depth));
    case LAYOUT.dict:
      return single(p, type, readDict(p, depth), NONE);
    case LAYOUT.code:
      return readCode(p, type, depth);
    default:
      return leaf(p, type);
  }
}

function readMany(p: Parser, count: number, depth: number): Node[] {
  if (count > p.data.length - p.at) throw new MarshalError(`cut at ${p.at}`);
  const children: Node[] = [];
  for (let index = 0; index < count; index += 1) children.push(read(p, depth + 1));
  return children;
}

function readDict(p: Parser, depth: number): Node[] {
  const children: Node[] = [];
  while (p.data.readUInt8(p.at) !== DICT_END) children.push(read(p, depth + 1), read(p, depth + 1));
  p.at += 1;
  return children;
}

function readCode(p: Parser, type: number, depth: number): Node {
  const children: Node[] = [];
  const numbers: number[] = [];
  for (const field of p.fields) {
    if (field === 'o') children.push(read(p, depth + 1));
    else {
      numbers.push(p.at);
      take32(p);
    }
  }
  return single(p, type, children, numbers);
}

/** A node of its own: code objects and dicts are never merged. */
function single(
  p: Parser,
  type: number,
  children: readonly Node[],
  numbers: readonly number[],
): Node {
  return { type, start: 0, end: 0, children, numbers, id: p.ids++, interned: false };
}

/** A tuple, set or slice; one with equal elements is the same, of a set in any order. */
function container(p: Parser, type: number, children: Node[]): Node {
  const ids = children.map((child) => child.id);
  if (layoutOf(type) === LAYOUT.set) ids.sort((a, b) => a - b);
  const key = `${type} ${ids.join(' ')}`;
  const known = p.known.get(key);
  if (known) return known;
  const node = single(p, type, children, NONE);
  p.known.set(key, node);
  return node;
}

function leaf(p: Parser, type: number): Node {
  const { head, all } = leafSize(p.data, p.at, type);
  const start = p.at;
  const end = start + all;
  if (end > p.data.length) throw new MarshalError(`cut at ${start}`);
  p.at = end;
  const plain = plainType(type);
  const key = String.fromCharCode(plain) + p.data.toString('latin1', start, end);
  const known = p.known.get(key);
  const interned =
    plain !== type ||
    (internedType(plain) !== plain && isSingleton(p.data, plain, start + head, end));
  if (known) {
    known.interned ||= interned;
    return known;
  }
  const node: Node = {
    type: plain,
    start,
    end,
    children: NONE,
    numbers: NONE,
    id: p.ids++,
    interned,
  };
  p.known.set(key, node);
  return node;
}
