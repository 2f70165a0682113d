import type { Window } from '../bytes/window.ts';

/** Reads bits from a window, the most significant first; what it reads past the window's end are zeros, and counted. */
export interface BitReader {
  readonly raw: Window;
  held: number;
  count: number;
  /** Bytes read past the end. */
  overrun: number;
}

export function bitReader(raw: Window): BitReader {
  return { raw, held: 0, count: 0, overrun: 0 };
}

/** The next `n` bits, `n` from 0 to 24. */
export function bits(reader: BitReader, n: number): number {
  while (reader.count < n) {
    const { raw } = reader;
    if (raw.pos < raw.end) reader.held = (reader.held << 8) | raw.buffer[raw.pos++]!;
    else {
      reader.held <<= 8;
      reader.overrun++;
    }
    reader.count += 8;
  }
  reader.count -= n;
  return (reader.held >>> reader.count) & ((1 << n) - 1);
}

/** The next 32 bits, signed. */
export function bits32(reader: BitReader): number {
  const high = bits(reader, 16);
  return (high << 16) | bits(reader, 16);
}

/** The next `n` bits without taking them, `n` from 1 to 24. */
export function peek(reader: BitReader, n: number): number {
  if (reader.count < n) {
    const value = bits(reader, n);
    reader.count += n;
    return value;
  }
  return (reader.held >>> (reader.count - n)) & ((1 << n) - 1);
}
