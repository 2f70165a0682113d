import { zipFault } from './fault.ts';

const ZIP64 = 0x0001;
/** Info-ZIP Unicode path and comment (APPNOTE 4.6.9, 4.6.8), AES, strong encryption: a second truth about an entry. */
const REFUSED = new Set([0x7075, 0x6375, 0x9901, 0x0017]);

/** The 64-bit values that the ZIP64 extra field (APPNOTE 4.5.3) holds in the place of saturated ones. */
export interface Sizes {
  readonly size: number;
  readonly compressedSize: number;
  readonly offset: number;
}

const U32 = 0xffffffff;

/** Reads an extra field block, refuses what gives an entry a second name, and resolves ZIP64 values. */
export function resolveSizes(file: string, name: string, extra: Buffer, header: Sizes): Sizes {
  const wide = findZip64(file, name, extra);
  const missing = [header.size, header.compressedSize, header.offset].filter(
    (v) => v === U32,
  ).length;
  if (!wide) {
    if (missing > 0) throw zipFault(file, 'zip64', `${name}: a ZIP64 value is missing`);
    return header;
  }
  const values = readWide(file, name, wide);
  const compact = wide.length === missing * 8;
  let at = 0;
  const next = (value: number, place: number) => {
    if (compact) return value === U32 ? (values[at++] ?? value) : value;
    const wideValue = values[place];
    if (wideValue === undefined && value !== U32) return value;
    if (wideValue === undefined || (value !== U32 && value !== wideValue)) {
      throw zipFault(file, 'zip64', `${name}: the ZIP64 field does not fit the header`);
    }
    return wideValue;
  };
  const size = next(header.size, 0);
  const compressedSize = next(header.compressedSize, 1);
  return { size, compressedSize, offset: next(header.offset, 2) };
}

/** Some writers repeat values that fit into 32 bits; they are taken when they say the same as the header. */
function readWide(file: string, name: string, wide: Buffer): number[] {
  if (![0, 8, 16, 24, 28].includes(wide.length)) {
    throw zipFault(file, 'zip64', `${name}: the ZIP64 field has an odd length`);
  }
  return Array.from({ length: Math.floor(wide.length / 8) }, (_, index) => {
    const value = wide.readBigUInt64LE(index * 8);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw zipFault(file, 'limits', `${name}: a ZIP64 value is past 2^53`);
    }
    return Number(value);
  });
}

function findZip64(file: string, name: string, extra: Buffer): Buffer | undefined {
  let zip64: Buffer | undefined;
  for (let at = 0; at < extra.length;) {
    if (at + 4 > extra.length)
      throw zipFault(file, 'extra-field', `${name}: the extra field is cut`);
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) throw zipFault(file, 'extra-field', `${name}: the extra field is cut`);
    if (REFUSED.has(id)) {
      throw zipFault(
        file,
        'extra-field',
        `${name}: extra field 0x${id.toString(16)} is not accepted`,
      );
    }
    if (id === ZIP64) {
      if (zip64) throw zipFault(file, 'extra-field', `${name}: two ZIP64 fields`);
      zip64 = extra.subarray(at + 4, end);
    }
    at = end;
  }
  return zip64;
}
