import type { Window } from '../bytes/window.ts';
import { malformed, tooMany, type Machine } from './machine.ts';
import {
  decodeLong,
  decodeQuoted,
  decodeRawUnicode,
  parseFloat64,
  parseIndex,
  parseInt10,
  parseLong,
} from './text.ts';
import { LONG_TEXT, type BytesValue, type Value } from './values.ts';

/**
 * Reads an opcode's argument that begins at `at` in the window's buffer, into `m.argument`. Gives its length in
 * bytes, or, negative, how many bytes are needed after `at`. What is too long to keep is left to `m.skip`.
 */
export type ArgumentReader = (m: Machine, w: Window, at: number) => number;

export const none: ArgumentReader = () => 0;

/** An unsigned number of `width` bytes, little endian; up to 2^64, where it is no longer exact, and refused later. */
function unsigned(w: Window, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + w.buffer[at + i]!;
  return value;
}

function fixed(width: number, set: (m: Machine, w: Window, at: number) => void): ArgumentReader {
  return (m, w, at) => {
    if (w.end - at < width) return -width;
    set(m, w, at);
    return width;
  };
}

/** `uint1`, `uint2`, `uint4`, `uint8` of pickletools, as a number. */
export const uint = (width: 1 | 2 | 4 | 8): ArgumentReader =>
  fixed(width, (m, w, at) => void (m.argument = unsigned(w, at, width)));

export const int4 = fixed(4, (m, w, at) => void (m.argument = unsigned(w, at, 4) | 0));

export const float8 = fixed(8, (m, w, at) => {
  const view = new DataView(w.buffer.buffer, w.buffer.byteOffset + at, 8);
  m.argument = { type: 'float', value: view.getFloat64(0) };
});

/** A line of latin1 without its newline in `m.second`, or bytes needed, or 'long' where it passes `limit`. */
function line(m: Machine, w: Window, at: number, limit: number): number | 'long' {
  const end = w.buffer.indexOf(10, at);
  if (end >= 0 && end < w.end) {
    if (end - at > limit) return 'long';
    m.second = Buffer.from(w.buffer.buffer, w.buffer.byteOffset + at, end - at).toString('latin1');
    return end - at + 1;
  }
  return w.end - at > limit ? 'long' : -(w.end - at + 1);
}

function lineOf(parse: (text: string) => Value | number | undefined, what: string): ArgumentReader {
  return (m, w, at) => {
    const { line: limit } = m.inspection.limits;
    const length = line(m, w, at, limit);
    if (length === 'long') throw tooMany(m, `bytes in the line of ${what}`, limit);
    if (length < 0) return length;
    const value = parse(m.second);
    if (value === undefined) throw malformed(m, `${what} is not as a pickler writes it`);
    if (typeof value === 'number') m.argument = value;
    else m.argument = value;
    return length;
  };
}

export const decimalShort = lineOf(parseInt10, 'an INT');
export const decimalLong = lineOf(parseLong, 'a LONG');
export const index = lineOf(parseIndex, 'a memo index');
export const persistentId = lineOf((text) => text, 'a persistent id');
export const floatLine = lineOf((text) => {
  const value = parseFloat64(text);
  return value === undefined ? undefined : { type: 'float', value };
}, 'a FLOAT');

/** Two lines, module and name: the first as argument, the second in `m.second`. */
export const pair: ArgumentReader = (m, w, at) => {
  const { line: limit } = m.inspection.limits;
  const first = line(m, w, at, limit);
  if (first === 'long') throw tooMany(m, 'bytes in the line of a module', limit);
  if (first < 0) return first;
  m.argument = utf8(m, Buffer.from(m.second, 'latin1'));
  const second = line(m, w, at + first, limit);
  if (second === 'long') throw tooMany(m, 'bytes in the line of a name', limit);
  if (second < 0) return second - first;
  m.second = utf8(m, Buffer.from(m.second, 'latin1'));
  return first + second;
};

/** A line that may be as long as an array's data: too long, it is passed over. */
function textLine(decode: (latin1: string) => string | undefined, what: string): ArgumentReader {
  return (m, w, at) => {
    const length = line(m, w, at, m.inspection.limits.string);
    if (length === 'long') {
      m.argument = LONG_TEXT;
      m.skip = -1;
      return 0;
    }
    if (length < 0) return length;
    const text = decode(m.second);
    if (text === undefined) throw malformed(m, `${what} is not as a pickler writes it`);
    m.argument = keep(m, text);
    return length;
  };
}

export const unicodeLine = textLine(decodeRawUnicode, 'a UNICODE line');
export const stringLine = textLine((text) => ascii(decodeQuoted(text)), 'a STRING line');

function ascii(text: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex -- the question is whether it is ASCII
  return text !== undefined && /^[\x00-\x7f]*$/.test(text) ? text : undefined;
}

/** Counts kept text; beyond the limit only the fact remains that there was a string. */
function keep(m: Machine, text: string): Value {
  const { used, limits } = m.inspection;
  used.text += text.length;
  return used.text > limits.text ? LONG_TEXT : text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strict UTF-8, but with lone surrogates as CPython's "surrogatepass" lets them through. */
function utf8(m: Machine, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    const lax = Buffer.from(bytes).toString('latin1');
    const text = lax.replace(/\xed[\xa0-\xbf][\x80-\xbf]/g, '?');
    if (text !== lax) return utf8(m, Buffer.from(text, 'latin1'));
    throw malformed(m, 'a string is not UTF-8');
  }
}

/** A counted piece: `read` makes its value, or what is too long to keep becomes `long(length)` and is passed over. */
function counted(
  width: 1 | 4 | 8,
  read: (m: Machine, bytes: Uint8Array) => Value,
  long: (m: Machine, length: number) => Value,
): ArgumentReader {
  return (m, w, at) => {
    if (w.end - at < width) return -width;
    const length = unsigned(w, at, width);
    if (!Number.isSafeInteger(length))
      throw tooMany(m, 'bytes in one argument', Number.MAX_SAFE_INTEGER);
    if (length > m.inspection.limits.string) {
      m.argument = long(m, length);
      m.skip = length;
      return width;
    }
    if (w.end - at < width + length) return -(width + length);
    m.argument = read(m, w.buffer.subarray(at + width, at + width + length));
    return width + length;
  };
}

/** `unicodestring1`, 4 and 8. */
export const unicode = (width: 1 | 4 | 8): ArgumentReader =>
  counted(
    width,
    (m, bytes) => keep(m, utf8(m, bytes)),
    () => LONG_TEXT,
  );

/** `bytes1`, 4 and 8, and `bytearray8`. */
export const bytes = (width: 1 | 4 | 8): ArgumentReader =>
  counted(width, keepBytes, (_, length) => ({ type: 'bytes', length, data: undefined }));

function keepBytes(m: Machine, data: Uint8Array): BytesValue {
  const { used, limits } = m.inspection;
  used.arrays += data.length;
  return {
    type: 'bytes',
    length: data.length,
    data: used.arrays > limits.arrays ? undefined : data.slice(),
  };
}

/** `string1` and `string4`: a Python 2 str, which loads in Python 3 only where it is ASCII. */
export const legacyString = (width: 1 | 4): ArgumentReader =>
  counted(
    width,
    (m, data) => {
      const text = ascii(Buffer.from(data).toString('latin1'));
      if (text === undefined)
        throw malformed(m, 'a Python 2 str is not ASCII, so that Python 3 cannot load it');
      return keep(m, text);
    },
    () => LONG_TEXT,
  );

const long = (m: Machine, data: Uint8Array): Value => {
  m.inspection.used.text += data.length;
  return decodeLong(data);
};

/** `long1` and `long4`; the sign of the length of `long4` is checked as CPython does. */
export const long1 = counted(1, long, () => LONG_TEXT);
export const long4: ArgumentReader = (m, w, at) => {
  if (w.end - at >= 4 && w.buffer[at + 3]! > 127)
    throw malformed(m, 'a LONG4 has a negative length');
  return counted(4, long, () => LONG_TEXT)(m, w, at);
};
