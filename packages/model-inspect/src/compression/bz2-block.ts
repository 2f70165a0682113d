import { bits, peek, type BitReader } from './bits.ts';

/** One block between its Huffman codes and its bytes. */
export interface Block {
  /** After `readSymbols`: low 8 bits a byte, high 24 bits the index of the byte after it. */
  readonly symbols: Int32Array;
  length: number;
  origin: number;
}

const GROUP = 50;
const MAX_BITS = 20;
/** Codes up to this length, nearly all, are looked up at once. */
const FAST_BITS = 10;

interface Codes {
  readonly minimum: number;
  /** By length: the largest code of that length, and what to subtract from a code to find its symbol. */
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly permutation: Uint16Array;
  /** By the next ten bits: symbol and length (low 5 bits), 0 for longer codes. */
  readonly fast: Uint16Array;
}

/** Reads one block after its CRC and links its bytes; a text says what is damaged. */
export function readSymbols(reader: BitReader, block: Block): string | undefined {
  if (bits(reader, 1) !== 0) return 'it is randomised, which no bzip2 since 0.9.5 writes';
  block.origin = bits(reader, 24);
  const used = readMap(reader);
  if (used.length === 0) return 'a block uses no byte';
  const groups = bits(reader, 3);
  const selectorCount = bits(reader, 15);
  if (groups < 2 || groups > 6 || selectorCount < 1) return 'a block header is out of range';
  const selectors = readSelectors(reader, groups, selectorCount);
  const tables: Codes[] = [];
  for (let i = 0; i < groups; i++) {
    const codes = readCodes(reader, used.length + 2);
    if (codes === undefined) return 'a code table is out of range';
    tables.push(codes);
  }
  if (selectors === undefined) return 'a selector is out of range';
  const counts = new Int32Array(256);
  const problem = moveToFront(reader, block, { used, selectors, tables, counts });
  return problem ?? link(block, counts);
}

function readMap(reader: BitReader): number[] {
  const rows = bits(reader, 16);
  const used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits(reader, 16);
    for (let column = 0; column < 16; column++) {
      if ((columns & (0x8000 >> column)) !== 0) used.push(row * 16 + column);
    }
  }
  return used;
}

function readSelectors(reader: BitReader, groups: number, count: number): Uint8Array | undefined {
  const order = [0, 1, 2, 3, 4, 5];
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (bits(reader, 1) === 1) if (++place >= groups) return undefined;
    const [group] = order.splice(place, 1) as [number];
    order.unshift(group);
    selectors[i] = group;
  }
  return selectors;
}

function readCodes(reader: BitReader, symbols: number): Codes | undefined {
  const lengths = new Uint8Array(symbols);
  let length = bits(reader, 5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_BITS) return undefined;
      if (bits(reader, 1) === 0) break;
      length += bits(reader, 1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return canonical(lengths);
}

function canonical(lengths: Uint8Array): Codes {
  const limit = new Int32Array(MAX_BITS + 2).fill(-1);
  const base = new Int32Array(MAX_BITS + 2);
  const permutation = new Uint16Array(lengths.length);
  const fast = new Uint16Array(1 << FAST_BITS);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    base[length] = code - index;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      permutation[index++] = symbol;
      if (length <= FAST_BITS) {
        const from = code << (FAST_BITS - length);
        fast.fill((symbol << 5) | length, from, from + (1 << (FAST_BITS - length)));
      }
      code++;
    }
    limit[length] = code - 1;
    code <<= 1;
  }
  return { minimum: Math.min(...lengths), limit, base, permutation, fast };
}

function readCode(reader: BitReader, codes: Codes): number {
  const found = codes.fast[peek(reader, FAST_BITS)]!;
  if (found !== 0) {
    reader.count -= found & 31;
    return found >> 5;
  }
  let length = codes.minimum;
  let code = bits(reader, length);
  while (code > codes.limit[length]!) {
    if (++length > MAX_BITS) return -1;
    code = (code << 1) | bits(reader, 1);
  }
  return codes.permutation[code - codes.base[length]!] ?? -1;
}

interface Coding {
  readonly used: number[];
  readonly selectors: Uint8Array;
  readonly tables: readonly Codes[];
  readonly counts: Int32Array;
}

/** Undoes Huffman, run lengths of zero and move-to-front; fills `block.symbols` with bytes. */
function moveToFront(reader: BitReader, block: Block, coding: Coding): string | undefined {
  const { used, selectors, tables, counts } = coding;
  const order = Uint8Array.from(used);
  const endOfBlock = used.length + 1;
  const { symbols } = block;
  let length = 0;
  let runLength = 0;
  let runBit = 1;
  for (let group = 0; group < selectors.length; group++) {
    const codes = tables[selectors[group]!]!;
    for (let i = 0; i < GROUP; i++) {
      const symbol = readCode(reader, codes);
      if (symbol < 0) return 'a code is not in its table';
      if (symbol < 2) {
        runLength += runBit << symbol;
        runBit *= 2;
        if (runLength > symbols.length) return 'a block is longer than its size';
        continue;
      }
      if (runLength > 0) {
        if (length + runLength > symbols.length) return 'a block is longer than its size';
        symbols.fill(order[0]!, length, length + runLength);
        counts[order[0]!]! += runLength;
        length += runLength;
        runLength = 0;
        runBit = 1;
      }
      if (symbol === endOfBlock) {
        block.length = length;
        return reader.overrun > 0 ? 'it ends too early' : undefined;
      }
      if (length >= symbols.length) return 'a block is longer than its size';
      const value = order[symbol - 1]!;
      order.copyWithin(1, 0, symbol - 1);
      order[0] = value;
      symbols[length++] = value;
      counts[value]!++;
    }
    if (reader.overrun > 0) return 'it ends too early';
  }
  return 'a block has no end';
}

/** Links each byte to its successor (inverse Burrows-Wheeler transform) in the same array. */
function link(block: Block, counts: Int32Array): string | undefined {
  const { symbols, length } = block;
  if (length === 0 || block.origin >= length) return 'the origin of a block is out of range';
  let sum = 0;
  for (let value = 0; value < 256; value++) {
    const count = counts[value]!;
    counts[value] = sum;
    sum += count;
  }
  for (let i = 0; i < length; i++) {
    const value = symbols[i]! & 0xff;
    symbols[counts[value]!++]! |= i << 8;
  }
  return undefined;
}
