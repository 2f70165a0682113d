import type { ByteSource } from './source.ts';
import { zipFault } from './fault.ts';

const END = 0x06054b50;
const END_SIZE = 22;
const END64 = 0x06064b50;
const END64_SIZE = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_SIZE = 20;
const MAX_COMMENT = 0xffff;
const U16 = 0xffff;
const U32 = 0xffffffff;

/** Where the central directory lies. */
export interface CentralPlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/**
 * Finds the end of central directory record (APPNOTE 4.3.16) and, where present, its ZIP64 form (4.3.14, 4.3.15).
 * The records must close up without a gap: central directory, [ZIP64 record, locator,] end record, comment, end
 * of file. A reader that searches from either side then finds the same.
 */
export function findCentral(source: ByteSource): CentralPlace {
  if (source.size < END_SIZE) throw zipFault(source.name, 'not-zip', 'too short for a zip archive');
  const tailSize = Math.min(source.size, END_SIZE + MAX_COMMENT);
  const tail = source.bytes(source.size - tailSize, tailSize);
  const at = lastSignature(tail);
  if (at < 0) throw zipFault(source.name, 'not-zip', 'no end of central directory');
  if (at + END_SIZE + tail.readUInt16LE(at + 20) !== tailSize) {
    throw zipFault(source.name, 'trailing-data', 'bytes follow the end of central directory');
  }
  return checkPlace(source, tail.subarray(at, at + END_SIZE), source.size - tailSize + at);
}

/** The last signature, so that the archive comment cannot hold a second end record. */
function lastSignature(tail: Buffer): number {
  for (let at = tail.length - END_SIZE; at >= 0; at -= 1) {
    if (tail[at] === 0x50 && tail.readUInt32LE(at) === END) return at;
  }
  return -1;
}

function checkPlace(source: ByteSource, end: Buffer, endOffset: number): CentralPlace {
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0) {
    throw zipFault(source.name, 'multi-disk', 'the archive is split over several files');
  }
  if (end.readUInt16LE(8) !== end.readUInt16LE(10)) {
    throw zipFault(source.name, 'multi-disk', 'the entry counts of the end record differ');
  }
  const small = {
    count: end.readUInt16LE(10),
    size: end.readUInt32LE(12),
    offset: end.readUInt32LE(16),
  };
  const large = readZip64(source, endOffset);
  const place = large?.place ?? small;
  if (!large && (small.count === U16 || small.size === U32 || small.offset === U32)) {
    throw zipFault(source.name, 'zip64', 'the end record needs a ZIP64 record that is missing');
  }
  if (large && !agrees(small, large.place)) {
    throw zipFault(source.name, 'zip64', 'the end record and its ZIP64 form differ');
  }
  if (place.offset + place.size !== (large?.offset ?? endOffset)) {
    throw zipFault(
      source.name,
      'gap',
      'the central directory does not end where the end record begins',
    );
  }
  return place;
}

function agrees(small: CentralPlace, large: CentralPlace): boolean {
  return (
    (small.count === U16 || small.count === large.count) &&
    (small.size === U32 || small.size === large.size) &&
    (small.offset === U32 || small.offset === large.offset)
  );
}

function readZip64(source: ByteSource, endOffset: number) {
  const locatorOffset = endOffset - LOCATOR64_SIZE;
  if (locatorOffset < 0) return undefined;
  const locator = source.bytes(locatorOffset, LOCATOR64_SIZE);
  if (locator.readUInt32LE(0) !== LOCATOR64) return undefined;
  const offset = locatorOffset - END64_SIZE;
  if (
    offset < 0 ||
    locator.readBigUInt64LE(8) !== BigInt(offset) ||
    locator.readUInt32LE(4) !== 0
  ) {
    throw zipFault(source.name, 'zip64', 'the ZIP64 locator points elsewhere than before itself');
  }
  const record = source.bytes(offset, END64_SIZE);
  if (record.readUInt32LE(0) !== END64 || record.readBigUInt64LE(4) !== BigInt(END64_SIZE - 12)) {
    throw zipFault(source.name, 'zip64', 'the ZIP64 end record is damaged or of a later version');
  }
  if (
    record.readUInt32LE(16) !== 0 ||
    record.readUInt32LE(20) !== 0 ||
    locator.readUInt32LE(16) > 1
  ) {
    throw zipFault(source.name, 'multi-disk', 'the archive is split over several files');
  }
  if (record.readBigUInt64LE(24) !== record.readBigUInt64LE(32)) {
    throw zipFault(source.name, 'zip64', 'the entry counts of the ZIP64 record differ');
  }
  const place = {
    count: safe(source, record.readBigUInt64LE(32)),
    size: safe(source, record.readBigUInt64LE(40)),
    offset: safe(source, record.readBigUInt64LE(48)),
  };
  return { place, offset };
}

function safe(source: ByteSource, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw zipFault(source.name, 'limits', 'a ZIP64 value is past 2^53');
  }
  return Number(value);
}
