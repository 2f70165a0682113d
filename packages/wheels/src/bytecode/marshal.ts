/** The marshal data is of a form that is not known; the message says what was met and where. */
export class MarshalError extends Error {
  override readonly name = 'MarshalError';
}

export const FLAG_REF = 0x80;
export const REF = code('r');

function code(text: string): number {
  return text.charCodeAt(0);
}

/** How the bytes after a type code are laid out (CPython, Python/marshal.c, versions 4 and 5). */
export const LAYOUT = {
  none: 1,
  int32: 2,
  int64: 3,
  complex: 4,
  long: 5,
  string: 6,
  shortString: 7,
  smallTuple: 8,
  sequence: 9,
  set: 10,
  dict: 11,
  slice: 12,
  code: 13,
  ref: 14,
  end: 15,
} as const;

const LAYOUTS = new Uint8Array(128);
for (const [types, layout] of [
  ['NFTS.', LAYOUT.none],
  ['i', LAYOUT.int32],
  ['Ig', LAYOUT.int64],
  ['y', LAYOUT.complex],
  ['l', LAYOUT.long],
  ['sutaA', LAYOUT.string],
  ['zZ', LAYOUT.shortString],
  [')', LAYOUT.smallTuple],
  ['([', LAYOUT.sequence],
  ['<>', LAYOUT.set],
  ['{', LAYOUT.dict],
  [':', LAYOUT.slice],
  ['c', LAYOUT.code],
  ['r', LAYOUT.ref],
  ['0', LAYOUT.end],
] as const) {
  for (const type of types) LAYOUTS[code(type)] = layout;
}

/** The layout of a type code, 0 for an unknown one. */
export function layoutOf(type: number): number {
  return LAYOUTS[type & ~FLAG_REF] ?? 0;
}

/**
 * The fields of a code object in marshal order: `i` a plain 32-bit number, `o` an object. Undefined for a Python
 * minor version whose layout is not known.
 */
export function codeFields(minor: number): string | undefined {
  if (minor >= 8 && minor <= 10) return 'iiiiiioooooooo' + 'io';
  if (minor >= 11 && minor <= 14) return 'iiiiioooooooo' + 'ioo';
  return undefined;
}

const INTERNED = new Map([
  [code('a'), code('A')],
  [code('z'), code('Z')],
  [code('u'), code('t')],
]);

/**
 * The type code in canonical form. CPython keeps strings of at most one Latin-1 character once a process, so
 * whether such a constant counts as interned depends on what ran before; here it always does. `at` is where the
 * type code stands.
 */
export function canonicalType(data: Buffer, at: number): number {
  const type = (data[at] ?? 0) & ~FLAG_REF;
  const interned = INTERNED.get(type);
  if (interned === undefined) return type;
  const short = type === code('z');
  const length = short ? (data[at + 1] ?? 0) : data.readUInt32LE(at + 1);
  const lead = data[at + 5] ?? 0;
  const single =
    length <= 1 || (type === code('u') && length === 2 && (lead === 0xc2 || lead === 0xc3));
  return single ? interned : type;
}

/** Bytes before the children of an object, the children counted; all bytes of an object without any. */
export interface Shape {
  readonly head: number;
  readonly children: number;
}

/** The shape of any object but a dict and a code object. Throws `MarshalError` on an unknown type. */
export function shapeOf(data: Buffer, at: number): Shape {
  const type = data[at] ?? 0;
  switch (layoutOf(type)) {
    case LAYOUT.none:
      return { head: 1, children: 0 };
    case LAYOUT.int32:
    case LAYOUT.ref:
      return { head: 5, children: 0 };
    case LAYOUT.int64:
      return { head: 9, children: 0 };
    case LAYOUT.complex:
      return { head: 17, children: 0 };
    case LAYOUT.long:
      return { head: 5 + Math.abs(data.readInt32LE(at + 1)) * 2, children: 0 };
    case LAYOUT.string:
      return { head: 5 + data.readUInt32LE(at + 1), children: 0 };
    case LAYOUT.shortString:
      return { head: 2 + (data[at + 1] ?? 0), children: 0 };
    case LAYOUT.smallTuple:
      return { head: 2, children: data[at + 1] ?? 0 };
    case LAYOUT.sequence:
    case LAYOUT.set:
      return { head: 5, children: data.readUInt32LE(at + 1) };
    case LAYOUT.slice:
      return { head: 1, children: 3 };
    default:
      throw new MarshalError(`unknown type 0x${type.toString(16)} at ${at}`);
  }
}
