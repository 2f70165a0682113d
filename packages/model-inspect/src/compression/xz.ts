import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc64Digest, crc64Start, crc64Update } from '../bytes/crc.ts';
import { offsetOf } from '../bytes/window.ts';
import { byte, damaged, demandEnd, need, uint32, unsupported, type Compressed } from './fault.ts';
import { lzma2 } from './lzma2.ts';
import { MAX_DICTIONARY } from './lzma-output.ts';

interface BlockRecord {
  readonly unpadded: number;
  readonly plain: number;
}

interface Check {
  readonly size: number;
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** The plain bytes of one xz stream (xz file format 1.2.1) with LZMA2 and any check that liblzma writes. */
export async function* xz(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  const checkId = await readStreamHeader(from);
  const records: BlockRecord[] = [];
  for (;;) {
    await need(from, 1);
    if (from.raw.buffer[from.raw.pos] === 0) break;
    records.push(yield* readBlock(from, checkId));
  }
  const indexSize = await readIndex(from, records);
  await readFooter(from, checkId, indexSize);
  await demandEnd(from);
}

/** Checks a CRC-32 over bytes that end at the window's position, and takes it. */
async function demandCrc(from: Compressed, length: number, what: string): Promise<void> {
  await need(from, 4);
  const { raw } = from;
  const expected = crc32(raw.buffer.subarray(raw.pos - length, raw.pos));
  if (uint32(raw) !== expected) throw damaged(from, `CRC of the ${what} differs`);
}

async function readStreamHeader(from: Compressed): Promise<number> {
  const { raw } = from;
  await need(from, 12);
  if (raw.buffer[raw.pos + 5] !== 0) throw damaged(from, 'the magic bytes are not complete');
  raw.pos += 6;
  const reserved = byte(raw);
  const checkId = byte(raw);
  await demandCrc(from, 2, 'stream header');
  if (reserved !== 0) throw unsupported(from, 'reserved flags are set');
  return checkId;
}

function createCheck(from: Compressed, id: number): Check {
  if (id === 0) return { size: 0, update: () => undefined, digest: () => new Uint8Array(0) };
  if (id === 1) return crc32Check();
  if (id === 4) {
    const state = crc64Start();
    return { size: 8, update: (b) => crc64Update(state, b), digest: () => crc64Digest(state) };
  }
  if (id === 10) {
    const hash = createHash('sha256');
    return { size: 32, update: (b) => void hash.update(b), digest: () => hash.digest() };
  }
  throw unsupported(from, `its check ${id} is unknown`);
}

function crc32Check(): Check {
  let crc = 0;
  return {
    size: 4,
    update: (b) => void (crc = crc32(b, crc)),
    digest: () => Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24),
  };
}

async function* readBlock(
  from: Compressed,
  checkId: number,
): AsyncGenerator<Uint8Array, BlockRecord, void> {
  const { raw } = from;
  const start = offsetOf(raw);
  const header = await readBlockHeader(from);
  const dataStart = offsetOf(raw);
  const check = createCheck(from, checkId);
  let plain = 0;
  for await (const chunk of lzma2(from, header.dictionarySize)) {
    check.update(chunk);
    plain += chunk.length;
    yield chunk;
  }
  const data = offsetOf(raw) - dataStart;
  if ((header.data ?? data) !== data || (header.plain ?? plain) !== plain) {
    throw damaged(from, 'a block has another size than its header says');
  }
  const unpadded = offsetOf(raw) - start + check.size;
  await skipZeros(from, (4 - (data % 4)) % 4);
  await need(from, check.size);
  const expected = raw.buffer.subarray(raw.pos, raw.pos + check.size);
  if (Buffer.compare(expected, check.digest()) !== 0)
    throw damaged(from, 'check of a block differs');
  raw.pos += check.size;
  return { unpadded, plain };
}

interface BlockHeader {
  readonly data: number | undefined;
  readonly plain: number | undefined;
  readonly dictionarySize: number;
}

async function readBlockHeader(from: Compressed): Promise<BlockHeader> {
  const { raw } = from;
  const size = (raw.buffer[raw.pos]! + 1) * 4;
  await need(from, size);
  const end = raw.pos + size - 4;
  raw.pos++;
  const flags = byte(raw);
  const data = (flags & 0x40) !== 0 ? await varint(from) : undefined;
  const plain = (flags & 0x80) !== 0 ? await varint(from) : undefined;
  if ((flags & 0x3f) !== 0 || (await varint(from)) !== 0x21 || (await varint(from)) !== 1) {
    throw unsupported(from, 'it uses a filter besides LZMA2');
  }
  const dictionarySize = dictionaryBytes(from, byte(raw));
  if (raw.pos > end) throw damaged(from, 'a block header is too short');
  await skipZeros(from, end - raw.pos);
  await demandCrc(from, size - 4, 'block header');
  return { data, plain, dictionarySize };
}

function dictionaryBytes(from: Compressed, bits: number): number {
  const size = bits > 40 ? Infinity : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
  if (size > MAX_DICTIONARY) throw unsupported(from, 'its dictionary is larger than 64 MiB');
  return size;
}

async function varint(from: Compressed): Promise<number> {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    await need(from, 1);
    const b = byte(from.raw);
    value += (b & 0x7f) * 2 ** (7 * i);
    if (b < 0x80) {
      if ((b === 0 && i > 0) || value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
  }
  throw damaged(from, 'a number is not as xz writes it');
}

async function skipZeros(from: Compressed, count: number): Promise<void> {
  await need(from, count);
  for (let i = 0; i < count; i++)
    if (byte(from.raw) !== 0) throw damaged(from, 'padding is not zero');
}

/** Reads the index, which must be exactly the one of the blocks that were read; gives its size in bytes. */
async function readIndex(from: Compressed, records: readonly BlockRecord[]): Promise<number> {
  const { raw } = from;
  const numbers = [records.length, ...records.flatMap((r) => [r.unpadded, r.plain])];
  const index = [0, ...numbers.flatMap(encodeVarint)];
  while (index.length % 4 !== 0) index.push(0);
  await need(from, index.length + 4);
  for (const expected of index)
    if (byte(raw) !== expected) throw damaged(from, 'the index differs from the blocks');
  await demandCrc(from, index.length, 'index');
  return index.length + 4;
}

function encodeVarint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return [...out, rest];
}

async function readFooter(from: Compressed, checkId: number, indexSize: number): Promise<void> {
  const { raw } = from;
  await need(from, 12);
  const expected = uint32(raw);
  if (crc32(raw.buffer.subarray(raw.pos, raw.pos + 6)) !== expected)
    throw damaged(from, 'CRC of the footer differs');
  if ((uint32(raw) + 1) * 4 !== indexSize)
    throw damaged(from, 'the footer gives another index size');
  if (byte(raw) !== 0 || byte(raw) !== checkId) throw damaged(from, 'the footer gives other flags');
  if (byte(raw) !== 0x59 || byte(raw) !== 0x5a)
    throw damaged(from, 'the footer has no magic bytes');
}
