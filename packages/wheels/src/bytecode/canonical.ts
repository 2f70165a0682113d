import { type Node, readGraph } from './graph.ts';
import { DICT_END, FLAG_REF, internedType, LAYOUT, layoutOf, REF } from './marshal.ts';

/** What is no longer than a reference is written out each time. */
const REF_SIZE = 5;

interface Writer {
  readonly data: Buffer;
  readonly out: Buffer;
  /** How often each node is met, by id. */
  readonly uses: Uint32Array;
  /** Number + 1 under which a written node is referred to, 0 where it is not, by id. */
  readonly numbers: Uint32Array;
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
  const { root, size } = readGraph(data, minor);
  const writer: Writer = {
    data,
    out: Buffer.allocUnsafe(data.length),
    uses: new Uint32Array(size),
    numbers: new Uint32Array(size),
    next: 0,
    at: 0,
  };
  count(writer, root);
  write(writer, root);
  return writer.out.subarray(0, writer.at);
}

/** Counts every place where a node will be written or referred to; what is inside counts once. */
function count(w: Writer, node: Node): void {
  const uses = (w.uses[node.id] ?? 0) + 1;
  w.uses[node.id] = uses;
  if (uses > 1) return;
  for (const child of node.children) count(w, child);
}

function write(w: Writer, node: Node): void {
  const number = w.numbers[node.id] ?? 0;
  if (number > 0) {
    w.out[w.at] = REF;
    w.out.writeUInt32LE(number - 1, w.at + 1);
    w.at += REF_SIZE;
    return;
  }
  const shared = (w.uses[node.id] ?? 0) > 1 && !isSmall(node);
  if (shared) w.numbers[node.id] = ++w.next;
  w.out[w.at++] = (node.interned ? internedType(node.type) : node.type) | (shared ? FLAG_REF : 0);
  writeBody(w, node);
}

function isSmall(node: Node): boolean {
  const empty = node.children.length === 0 && node.numbers.length === 0;
  return empty && node.end - node.start < REF_SIZE;
}

function writeBody(w: Writer, node: Node): void {
  switch (layoutOf(node.type)) {
    case LAYOUT.smallTuple:
      w.out[w.at++] = node.children.length;
      return writeAll(w, node.children);
    case LAYOUT.sequence:
      w.at = w.out.writeUInt32LE(node.children.length, w.at);
      return writeAll(w, node.children);
    case LAYOUT.set:
      w.at = w.out.writeUInt32LE(node.children.length, w.at);
      return writeAll(w, sorted(w, node.children));
    case LAYOUT.slice:
      return writeAll(w, node.children);
    case LAYOUT.dict:
      writeAll(w, node.children);
      w.out[w.at++] = DICT_END;
      return;
    case LAYOUT.code:
      return writeCode(w, node);
    default:
      w.at += w.data.copy(w.out, w.at, node.start, node.end);
  }
}

function writeAll(w: Writer, nodes: readonly Node[]): void {
  for (const node of nodes) write(w, node);
}

/** The last number of a code object, its first line, stands after a few objects; the others stand first. */
function writeCode(w: Writer, node: Node): void {
  const numbers = node.numbers.slice(0, -1);
  for (const at of numbers) w.at += w.data.copy(w.out, w.at, at, at + 4);
  const tail = numbers.length === 5 ? 2 : 1;
  writeAll(w, node.children.slice(0, -tail));
  const line = node.numbers.at(-1) ?? 0;
  w.at += w.data.copy(w.out, w.at, line, line + 4);
  writeAll(w, node.children.slice(-tail));
}

function sorted(w: Writer, nodes: readonly Node[]): Node[] {
  return nodes
    .map((node) => ({ node, key: keyOf(w, node) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ node }) => node);
}

/** What a node is, in a text that does not depend on where it stands or what else there is. */
function keyOf(w: Writer, node: Node): string {
  const own = String.fromCharCode(node.type) + w.data.toString('latin1', node.start, node.end);
  if (node.children.length === 0) return own;
  const keys = node.children.map((child) => keyOf(w, child));
  if (layoutOf(node.type) === LAYOUT.set) keys.sort();
  return `${own}${keys.length}(${keys.join(',')})`;
}
