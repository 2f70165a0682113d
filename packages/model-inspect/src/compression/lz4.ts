import { xxHash32, xxHash32Digest, xxHash32Start, xxHash32Update } from '../bytes/xxhash32.ts';
import { byte, damaged, demandEnd, need, uint32, unsupported, type Compressed } from './fault.ts';

const HISTORY = 64 * 1024;
const BLOCK_SIZES = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024];

interface Frame {
  readonly linked: boolean;
  readonly blockChecksum: boolean;
  readonly contentChecksum: boolean;
  readonly contentSize: number | undefined;
  readonly maxBlock: number;
}

/** The plain bytes of one lz4 frame (lz4_Frame_format.md 1.6.4); every checksum and size that it carries is checked. */
export async function* lz4(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  const frame = await readHeader(from);
  const hash = xxHash32Start();
  // History and the block after it in one buffer, so that a match is one copy within it.
  const out = new Uint8Array(HISTORY + frame.maxBlock);
  let history = 0;
  for (;;) {
    const size = await readBlock(from, frame, out, history);
    if (size === undefined) break;
    const block = out.slice(history, history + size);
    if (frame.contentChecksum) xxHash32Update(hash, block);
    else hash.total += size;
    yield block;
    history = frame.linked ? keepHistory(out, history + size) : 0;
  }
  if (frame.contentChecksum) {
    await need(from, 4);
    if (uint32(from.raw) !== xxHash32Digest(hash)) throw damaged(from, 'content checksum differs');
  }
  if (frame.contentSize !== undefined && frame.contentSize !== hash.total) {
    throw damaged(from, 'content size differs');
  }
  await demandEnd(from);
}

function keepHistory(out: Uint8Array, end: number): number {
  const kept = Math.min(end, HISTORY);
  out.copyWithin(0, end - kept, end);
  return kept;
}

async function readHeader(from: Compressed): Promise<Frame> {
  const { raw } = from;
  await need(from, 6);
  raw.pos += 4;
  const flags = byte(raw);
  const descriptor = byte(raw);
  const sized = (flags & 8) !== 0;
  await need(from, sized ? 9 : 1);
  const header = Uint8Array.from([
    flags,
    descriptor,
    ...raw.buffer.subarray(raw.pos, raw.pos + (sized ? 8 : 0)),
  ]);
  if (flags >> 6 !== 1) throw unsupported(from, 'its frame version is not 1');
  if ((flags & 1) !== 0) throw unsupported(from, 'it needs a dictionary');
  if ((flags & 2) !== 0 || (descriptor & 0x8f) !== 0)
    throw unsupported(from, 'reserved bits are set');
  const maxBlock = BLOCK_SIZES[descriptor >> 4] ?? 0;
  if (maxBlock === 0) throw unsupported(from, 'its block size is reserved');
  const contentSize = sized ? uint32(raw) + uint32(raw) * 2 ** 32 : undefined;
  if (byte(raw) !== ((xxHash32(header) >>> 8) & 0xff))
    throw damaged(from, 'header checksum differs');
  return {
    linked: (flags & 0x20) === 0,
    blockChecksum: (flags & 0x10) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentSize,
    maxBlock,
  };
}

/** Decodes the next block behind the history; undefined at the end mark. */
async function readBlock(
  from: Compressed,
  frame: Frame,
  out: Uint8Array,
  history: number,
): Promise<number | undefined> {
  await need(from, 4);
  const header = uint32(from.raw);
  if (header === 0) return undefined;
  const size = header & 0x7fffffff;
  if (size > frame.maxBlock) throw damaged(from, 'a block is larger than the frame allows');
  await need(from, size + (frame.blockChecksum ? 4 : 0));
  const { raw } = from;
  const data = raw.buffer.subarray(raw.pos, raw.pos + size);
  raw.pos += size;
  if (frame.blockChecksum && uint32(raw) !== xxHash32(data))
    throw damaged(from, 'block checksum differs');
  if (header > 0x7fffffff) {
    out.set(data, history);
    return size;
  }
  const end = decodeBlock(data, out, history, history + frame.maxBlock);
  if (end < 0) throw damaged(from, 'a block cannot be decoded');
  return end - history;
}

/** Decodes one lz4 block (lz4_Block_format.md) at `start`; gives the end, or -1 where it is damaged. */
function decodeBlock(data: Uint8Array, out: Uint8Array, start: number, limit: number): number {
  let at = 0;
  let to = start;
  while (at < data.length) {
    const token = data[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more: number | undefined;
      do {
        more = data[at++];
        literals += more ?? NaN;
      } while (more === 255);
    }
    // NaN fails both comparisons on purpose: a length that runs out of the block is damage.
    if (!(at + literals <= data.length && to + literals <= limit)) return -1;
    out.set(data.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === data.length) return to;
    const distance = data[at]! | (data[at + 1]! << 8);
    at += 2;
    let length = token & 15;
    if (length === 15) {
      let more: number | undefined;
      do {
        more = data[at++];
        length += more ?? NaN;
      } while (more === 255);
    }
    length += 4;
    if (!(at < data.length && distance > 0 && distance <= to && to + length <= limit)) return -1;
    copyMatch(out, to, distance, length);
    to += length;
  }
  return -1;
}

function copyMatch(out: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length) out.copyWithin(to, to - distance, to - distance + length);
  else for (let i = 0; i < length; i++) out[to + i] = out[to + i - distance]!;
}
