import { bzipCrc } from '../bytes/crc.ts';
import { fill } from '../bytes/window.ts';
import { bitReader, bits, bits32, type BitReader } from './bits.ts';
import { readSymbols, type Block } from './bz2-block.ts';
import { damaged, demandEnd, need, unsupported, type Compressed } from './fault.ts';

/** More than one block can take: 900,000 symbols of at most 20 bits, and its tables. */
const BLOCK_INPUT = 2_300_000;
const OUT = 128 * 1024;

/** The plain bytes of one bzip2 stream (bzip2 1.0.8, decompress.c); block and stream CRCs are checked. */
export async function* bz2(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  await need(from, 4);
  const { raw } = from;
  const level = raw.buffer[raw.pos + 3]! - 0x30;
  if (raw.buffer[raw.pos + 2] !== 0x68) throw unsupported(from, 'it is not version h');
  if (level < 1 || level > 9) throw unsupported(from, 'its block size is out of range');
  raw.pos += 4;
  const reader = bitReader(raw);
  const block: Block = { symbols: new Int32Array(level * 100_000), length: 0, origin: 0 };
  let combined = 0;
  while (await nextBlock(from, reader)) {
    const expected = bits32(reader);
    const problem = readSymbols(reader, block);
    if (reader.overrun > 0) throw damaged(from, 'it ends too early');
    if (problem !== undefined) throw damaged(from, problem);
    const crc = yield* plain(block);
    if (crc !== expected) throw damaged(from, 'block CRC differs');
    combined = ((combined << 1) | (combined >>> 31)) ^ crc;
  }
  if (bits32(reader) !== combined) throw damaged(from, 'stream CRC differs');
  if (reader.overrun > 0) throw damaged(from, 'it ends too early');
  if (bits(reader, reader.count) !== 0)
    throw damaged(from, 'the last byte is not padded with zeros');
  await demandEnd(from);
}

/** Reads the 48-bit mark: true for a block, false for the end of the stream. */
async function nextBlock(from: Compressed, reader: BitReader): Promise<boolean> {
  await fill(from.raw, BLOCK_INPUT);
  const high = bits(reader, 24);
  const low = bits(reader, 24);
  if (reader.overrun > 0) throw damaged(from, 'it ends too early');
  if (high === 0x314159 && low === 0x265359) return true;
  if (high === 0x177245 && low === 0x385090) return false;
  throw damaged(from, 'a block does not start where it should');
}

/** Undoes the Burrows-Wheeler transform and the outer run lengths; gives the block's CRC. */
function* plain(block: Block): Generator<Uint8Array, number, void> {
  const { symbols, length } = block;
  let crc = -1;
  let at = length === 0 ? 0 : symbols[block.origin]! >>> 8;
  let out = new Uint8Array(OUT);
  let filled = 0;
  let run = 0;
  let last = -1;
  for (let i = 0; i < length; i++) {
    const entry = symbols[at]!;
    const value = entry & 0xff;
    at = entry >>> 8;
    const count = run === 4 ? value : 1;
    if (filled + count > OUT) {
      crc = bzipCrc(crc, out, filled);
      yield out.subarray(0, filled);
      out = new Uint8Array(OUT);
      filled = 0;
    }
    if (run === 4) {
      out.fill(last, filled, filled + value);
      filled += value;
      run = 0;
      last = -1;
    } else {
      run = value === last ? run + 1 : 1;
      last = value;
      out[filled++] = value;
    }
  }
  crc = bzipCrc(crc, out, filled);
  yield out.subarray(0, filled);
  return ~crc;
}
