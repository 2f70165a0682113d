/** The marshal data is of a form that is not known; the message says what was met and where. */
export class MarshalError extends Error {
  override readonly name = 'MarshalError';
}

export const FLAG_REF = 0x80;
export const REF = code('r');
export const DICT_END = code('0');

function code(text: string): number {
  return text.charCodeAt(0);
}

/** How the bytes after a type code are laid out (CPython, Python/marshal.c, versions 4 and 5). */
export const LAYOUT = {
  unknown: 0,
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
} as const;

const LAYOUTS = new Uint8Array(256);
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
] as const) {
  for (const type of types) LAYOUTS[code(type)] = layout;
}

/** The layout of a type code without FLAG_REF. */
export function layoutOf(type: number): number {
  return LAYOUTS[type] ?? LAYOUT.unknown;
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

const INTERNED = Uint8Array.from({ length: 256 }, (_, type) => type);
const PLAIN = INTERNED.slice();
for (const [plain, interned] of [
  ['a', 'A'],
  ['z', 'Z'],
  ['u', 't'],
] as const) {
  INTERNED[code(plain)] = code(interned);
  PLAIN[code(interned)] = code(plain);
}

/** The type code of a string that is not interned; any other type as it is. */
export function plainType(type: number): number {
  return PLAIN[type] ?? type;
}

/** The type code of an interned string; any other type as it is. */
export function internedType(type: number): number {
  return INTERNED[type] ?? type;
}

/**
 * Whether a plain string type holds at most one character of Latin-1: CPython keeps such strings once a process, so
 * whether they are interned depends on what ran before.
 */
export function isSingleton(data: Buffer, type: number, start: number, end: number): boolean {
  if (type === code('z')) return end - start <= 1;
  if (type !== code('u')) return false;
  const lead = data[start] ?? 0;
  return end - start === 2 && (lead === 0xc2 || lead === 0xc3);
}

/** Bytes after the type code of a leaf that tell its length. */
export function leafHead(type: number): number {
  switch (layoutOf(type)) {
    case LAYOUT.long:
    case LAYOUT.string:
      return 4;
    case LAYOUT.shortString:
      return 1;
    default:
      return 0;
  }
}

/** Bytes of a leaf after its type code. Throws on what is no leaf. */
export function leafSize(data: Buffer, at: number, type: number): number {
  switch (layoutOf(type)) {
    case LAYOUT.none:
      return 0;
    case LAYOUT.int32:
      return 4;
    case LAYOUT.int64:
      return 8;
    case LAYOUT.complex:
      return 16;
    case LAYOUT.long:
      return 4 + Math.abs(data.readInt32LE(at)) * 2;
    case LAYOUT.string:
      return 4 + data.readUInt32LE(at);
    case LAYOUT.shortString:
      return 1 + data.readUInt8(at);
    default:
      throw new MarshalError(`unknown type 0x${type.toString(16)} at ${at - 1}`);
  }
}
