import type { CentralEntry } from './central.ts';
import { resolveSizes } from './extra.ts';
import { zipFault } from './fault.ts';
import type { ByteSource } from './source.ts';

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const HEADER_SIZE = 30;
const WINDOW = 64 * 1024;
const U32 = 0xffffffff;

/** Reads small pieces that lie close together with few reads. */
type Window = (offset: number, length: number) => Buffer;

function slidingWindow(source: ByteSource): Window {
  let start = 0;
  let buffer: Buffer = Buffer.alloc(0);
  return (offset, length) => {
    if (offset < start || offset + length > start + buffer.length) {
      if (offset + length > source.size) {
        throw zipFault(
          source.name,
          'local-header',
          `bytes ${offset} to ${offset + length} are past the end`,
        );
      }
      start = offset;
      buffer = source.bytes(offset, Math.min(Math.max(WINDOW, length), source.size - offset));
    }
    return buffer.subarray(offset - start, offset - start + length);
  };
}

/**
 * Checks every local header (APPNOTE 4.3.7) against its central entry, and that header, data and descriptor of all
 * entries fill the file from its first byte to the central directory: no prefix, no gap, no overlap, no entry that
 * only one side knows. Gives the offset of each entry's data.
 */
export function checkLocals(
  source: ByteSource,
  entries: readonly CentralEntry[],
  centralOffset: number,
): Map<CentralEntry, number> {
  const window = slidingWindow(source);
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  const data = new Map<CentralEntry, number>();
  let at = 0;
  for (const [index, entry] of sorted.entries()) {
    if (entry.offset !== at) {
      throw zipFault(
        source.name,
        index === 0 ? 'prefix-data' : 'gap',
        `${entry.name} does not begin where the entry before it ends`,
      );
    }
    const local = checkLocal(source.name, window, entry);
    data.set(entry, local.dataOffset);
    const dataEnd = local.dataOffset + entry.compressedSize;
    const next = sorted[index + 1]?.offset ?? centralOffset;
    at = local.descriptor ? checkDescriptor(source.name, window, entry, dataEnd, next) : dataEnd;
  }
  if (at !== centralOffset)
    throw zipFault(
      source.name,
      sorted.length === 0 ? 'prefix-data' : 'gap',
      'bytes lie between the last entry and the central directory',
    );
  return data;
}

function checkLocal(file: string, window: Window, entry: CentralEntry) {
  const header = window(entry.offset, HEADER_SIZE);
  if (header.readUInt32LE(0) !== LOCAL)
    throw zipFault(file, 'local-header', `${entry.name} has no local header`);
  const flags = header.readUInt16LE(6);
  const method = header.readUInt16LE(8);
  const crc32 = header.readUInt32LE(14);
  const compressedSize = header.readUInt32LE(18);
  const size = header.readUInt32LE(22);
  const nameLength = header.readUInt16LE(26);
  const extraLength = header.readUInt16LE(28);
  const tail = window(entry.offset + HEADER_SIZE, nameLength + extraLength);
  const differs = (what: string) =>
    zipFault(file, 'local-differs', `${entry.name}: its local header has another ${what}`);
  if (!entry.rawName.equals(tail.subarray(0, nameLength))) throw differs('name');
  if (flags !== entry.flags) throw differs('flag');
  if (method !== entry.method) throw differs('method');
  const extra = Buffer.from(tail.subarray(nameLength));
  const sizes = resolveSizes(file, entry.name, extra, { size, compressedSize, offset: 0 });
  const descriptor = (flags & 0x8) !== 0;
  const streamed = descriptor && crc32 === 0 && sizes.size === 0 && sizes.compressedSize === 0;
  if (!streamed) {
    if (crc32 !== entry.crc32) throw differs('CRC');
    if (sizes.compressedSize !== entry.compressedSize || sizes.size !== entry.size)
      throw differs('size');
  }
  return { dataOffset: entry.offset + HEADER_SIZE + nameLength + extraLength, descriptor };
}

/** A data descriptor (APPNOTE 4.3.9) of any of its four forms; its length is what lies before the next header. */
function checkDescriptor(
  file: string,
  window: Window,
  entry: CentralEntry,
  at: number,
  next: number,
): number {
  const length = next - at;
  if (![12, 16, 20, 24].includes(length)) {
    throw zipFault(
      file,
      'data-descriptor',
      `${entry.name}: ${length} bytes where a data descriptor belongs`,
    );
  }
  const bytes = window(at, length);
  const signed = length === 16 || length === 24;
  const body = signed ? bytes.subarray(4) : bytes;
  const wide = body.length === 20;
  const compressedSize = wide ? Number(body.readBigUInt64LE(4)) : body.readUInt32LE(4);
  const size = wide ? Number(body.readBigUInt64LE(12)) : body.readUInt32LE(8);
  const right =
    (!signed || bytes.readUInt32LE(0) === DESCRIPTOR) &&
    body.readUInt32LE(0) === entry.crc32 &&
    compressedSize === (wide ? entry.compressedSize : Math.min(entry.compressedSize, U32)) &&
    size === (wide ? entry.size : Math.min(entry.size, U32));
  if (!right)
    throw zipFault(file, 'data-descriptor', `${entry.name}: its data descriptor says otherwise`);
  return next;
}
