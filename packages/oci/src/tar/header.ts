import type { TarFormat } from './format.ts';
import { BLOCK, DIGIT_ZERO, FIELDS, MAGIC_GNU, MAGIC_USTAR, type Field } from './format.ts';

/** The fields of one header block, names still as bytes: a PAX record may replace them. */
export interface RawHeader {
  readonly format: TarFormat;
  /** The type flag as a character, `'0'` for the old NUL. */
  readonly flag: string;
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly linkName: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
}

/** Thrown by the parsers below; the reader turns it into a coded error with archive and offset. */
export class HeaderFault extends Error {}

/** Whether a block is all zeros. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < block.length; at += 1) if (block[at] !== 0) return false;
  return true;
}

/**
 * Parses one header block (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
 * Throws a HeaderFault on a wrong checksum, an unknown magic, a number that is no number, or bytes after a NUL.
 */
export function parseHeader(block: Uint8Array): RawHeader {
  checkSum(block);
  const format = formatOf(block);
  return {
    format,
    flag: flagOf(block),
    name: text(block, FIELDS.name),
    prefix: format === 'ustar' ? text(block, FIELDS.prefix) : new Uint8Array(0),
    linkName: text(block, FIELDS.linkName),
    mode: number(block, FIELDS.mode) & 0o7777,
    uid: number(block, FIELDS.uid),
    gid: number(block, FIELDS.gid),
    size: number(block, FIELDS.size),
    mtime: number(block, FIELDS.mtime, true),
  };
}

function flagOf(block: Uint8Array): string {
  const byte = block[FIELDS.flag.at] ?? 0;
  return byte === 0 ? '0' : String.fromCharCode(byte);
}

function checkSum(block: Uint8Array): void {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i += 1) sum += block[i] ?? 0;
  const { at, length } = FIELDS.checksum;
  for (let i = at; i < at + length; i += 1) sum -= block[i] ?? 0;
  if (number(block, FIELDS.checksum) !== sum) throw new HeaderFault('wrong checksum');
}

function formatOf(block: Uint8Array): TarFormat {
  const { at, length } = FIELDS.magic;
  const magic = String.fromCharCode(...block.subarray(at, at + length));
  if (magic === MAGIC_USTAR) return 'ustar';
  if (magic === MAGIC_GNU) return 'gnu';
  if (/^\0+$/.test(magic)) return 'v7';
  throw new HeaderFault('unknown magic');
}

/** The bytes before the first NUL; anything but zeros behind it is a second, hidden name. */
function text(block: Uint8Array, field: Field): Uint8Array {
  const bytes = block.subarray(field.at, field.at + field.length);
  const end = bytes.indexOf(0);
  if (end < 0) return bytes;
  if (!isZeroBlock(bytes.subarray(end))) throw new HeaderFault(`bytes after NUL in ${field.title}`);
  return bytes.subarray(0, end);
}

function number(block: Uint8Array, field: Field, signed = false): number {
  const bytes = block.subarray(field.at, field.at + field.length);
  const value = ((bytes[0] ?? 0) & 0x80) === 0 ? octal(bytes) : base256(bytes, signed);
  if (value === undefined) throw new HeaderFault(`${field.title} is no number`);
  return value;
}

/** Spaces, digits, and spaces or NULs behind them; read byte by byte, since thousands of headers have five of these. */
function octal(bytes: Uint8Array): number | undefined {
  let at = 0;
  while (bytes[at] === SPACE) at += 1;
  let value = 0;
  for (; isOctal(bytes[at]); at += 1) value = value * 8 + (bytes[at] ?? 0) - DIGIT_ZERO;
  while (bytes[at] === SPACE || bytes[at] === 0) at += 1;
  return at === bytes.length ? value : undefined;
}

const SPACE = 0x20;

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_ZERO && byte < DIGIT_ZERO + 8;
}

/** GNU's binary numbers, two's complement behind a marker bit; those beyond 2^53 are refused. */
function base256(bytes: Uint8Array, signed: boolean): number | undefined {
  const negative = bytes[0] === 0xff;
  if (bytes[0] !== 0x80 && !(negative && signed)) return undefined;
  let value = negative ? -1 : 0;
  for (const byte of bytes.subarray(1)) {
    value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) return undefined;
  }
  return value;
}
