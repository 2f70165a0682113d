import { createGraphReader, type Graph } from './graph.ts';
import { DICT_END, FLAG_REF, internedType, LAYOUT, layoutOf, REF } from './marshal.ts';

/** What is no longer than a reference is written out each time. */
const REF_SIZE = 5;
/** Up to so many bytes a loop copies faster than a call. */
const SHORT = 48;

interface Writer extends Graph {
  out: Buffer;
  /** How often each object is met. */
  uses: Int32Array;
  /** Number + 1 under which a written object is referred to, 0 where it is not. */
  known: Int32Array;
  next: number;
  at: number;
}

/**
 * Rewrites marshal data into one canonical form. What CPython writes depends on more than the source: an object
 * gets FLAG_REF when anything in the process holds a second reference to it, equal strings are one object or two
 * by what was interned before, and the order of a frozenset's elements follows from those (or, before 3.11, from
 * hashes). Here equal constants are written once and referred to, the flag stands only where something refers, and
 * sets are sorted. Loading gives an equal code object. The result is never longer. `minor` is the interpreter's: 11
 * for 3.11. Throws `MarshalError`, and RangeError on data that is cut.
 */
export function canonicalMarshal(data: Buffer, minor: number): Buffer {
  return createCanonicalizer()(data, minor);
}

/** `canonicalMarshal` for many: what it works with is used again, the bytes that it gives included. */
export function createCanonicalizer(): (data: Buffer, minor: number) => Buffer {
  const reader = createGraphReader();
  let uses = new Int32Array(0);
  let known = new Int32Array(0);
  let out = Buffer.alloc(0);
  return (data, minor) => {
    const { graph, root } = reader.read(data, minor);
    if (uses.length < graph.size) {
      uses = new Int32Array(graph.size * 2);
      known = new Int32Array(graph.size * 2);
    } else {
      uses.fill(0, 0, graph.size);
      known.fill(0, 0, graph.size);
    }
    if (out.length < data.length) out = Buffer.allocUnsafeSlow(data.length * 2);
    const writer: Writer = { ...graph, out, uses, known, next: 0, at: 0 };
    count(writer, root);
    write(writer, root);
    return out.subarray(0, writer.at);
  };
}

/** Counts every place where an object will be written or referred to; what is inside counts once. */
function count(w: Writer, node: number): void {
  const before = w.uses[node]!;
  w.uses[node] = before + 1;
  if (before > 0 || isLeaf(w, node)) return;
  const end = w.ends[node]!;
  for (let at = w.starts[node]!; at < end; at += 1) count(w, w.children[at]!);
}

function isLeaf(w: Writer, node: number): boolean {
  return layoutOf(w.types[node]!) < LAYOUT.smallTuple;
}

function write(w: Writer, node: number): void {
  const number = w.known[node]!;
  if (number > 0) {
    w.out[w.at] = REF;
    w.out.writeUInt32LE(number - 1, w.at + 1);
    w.at += REF_SIZE;
    return;
  }
  const shared = w.uses[node]! > 1 && !isSmall(w, node);
  if (shared) w.known[node] = ++w.next;
  const type = w.types[node]!;
  w.out[w.at++] = (w.interned[node] === 1 ? internedType(type) : type) | (shared ? FLAG_REF : 0);
  writeBody(w, node, type);
}

/** A leaf shorter than a reference, and a container without elements. */
function isSmall(w: Writer, node: number): boolean {
  const length = w.ends[node]! - w.starts[node]!;
  return isLeaf(w, node) ? length < REF_SIZE : length === 0 && w.numbers[node]! < 0;
}

function writeBody(w: Writer, node: number, type: number): void {
  const start = w.starts[node]!;
  const end = w.ends[node]!;
  switch (layoutOf(type)) {
    case LAYOUT.smallTuple:
      w.out[w.at++] = end - start;
      return writeAll(w, start, end);
    case LAYOUT.sequence:
      w.at = w.out.writeUInt32LE(end - start, w.at);
      return writeAll(w, start, end);
    case LAYOUT.set:
      w.at = w.out.writeUInt32LE(end - start, w.at);
      for (const child of sorted(w, start, end)) write(w, child);
      return;
    case LAYOUT.slice:
      return writeAll(w, start, end);
    case LAYOUT.dict:
      writeAll(w, start, end);
      w.out[w.at++] = DICT_END;
      return;
    case LAYOUT.code:
      return writeCode(w, node, start, end);
    default:
      copy(w, start, end);
  }
}

function copy(w: Writer, start: number, end: number): void {
  if (end - start > SHORT) w.data.copy(w.out, w.at, start, end);
  else for (let from = start, to = w.at; from < end;) w.out[to++] = w.data[from++]!;
  w.at += end - start;
}

function writeAll(w: Writer, start: number, end: number): void {
  for (let at = start; at < end; at += 1) write(w, w.children[at]!);
}

/** The last number of a code object, its first line, stands after a few objects; the others stand first. */
function writeCode(w: Writer, node: number, start: number, end: number): void {
  // Since 3.11 two objects follow the line, before that one; and five numbers stand first, before that six.
  const isNew = end - start === 10;
  const numbers = w.numbers[node]!;
  const middle = end - (isNew ? 2 : 1);
  copy(w, numbers, numbers + (isNew ? 5 : 6) * 4);
  writeAll(w, start, middle);
  const line = w.lines[node]!;
  copy(w, line, line + 4);
  writeAll(w, middle, end);
}

function sorted(w: Writer, start: number, end: number): number[] {
  return [...w.children.subarray(start, end)]
    .map((node) => ({ node, key: keyOf(w, node) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ node }) => node);
}

/** What an object is, in a text that does not depend on where it stands or what else there is. */
function keyOf(w: Writer, node: number): string {
  const type = w.types[node]!;
  const [start, end] = [w.starts[node]!, w.ends[node]!];
  const name = String.fromCharCode(type);
  if (isLeaf(w, node)) return name + w.data.toString('latin1', start, end);
  if (start === end) return name;
  const keys = [...w.children.subarray(start, end)].map((child) => keyOf(w, child));
  if (layoutOf(type) === LAYOUT.set) keys.sort();
  return `${name}${keys.length}(${keys.join(',')})`;
}
