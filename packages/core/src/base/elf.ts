import { open, type FileHandle } from 'node:fs/promises';
import type { Architecture } from '@mlcontainer/plugin-kit';

/** What the dynamic loader is told by a program or library. */
export interface ElfFacts {
  readonly architecture: Architecture | 'other';
  /** The loader that a program asks for (PT_INTERP). */
  readonly interpreter?: string;
  /** DT_NEEDED, in order. */
  readonly needed: readonly string[];
  /** DT_RPATH and DT_RUNPATH, in order, as they stand there. */
  readonly searchPath: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const MACHINES: Readonly<Record<number, Architecture>> = { 62: 'amd64', 183: 'arm64' };
const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_RPATH, DT_RUNPATH] = [1, 5, 10, 15, 29];
const HEADER = 64;
const SEGMENT = 56;
/** Bytes; real programs stay far below. */
const TABLE_LIMIT = 16 << 20;

/**
 * Reads a 64-bit little-endian ELF file at random (ELF gABI, chapters 4 and 5), also one that patchelf has rearranged.
 * Undefined for what is none, or is damaged.
 */
export async function readElf(path: string): Promise<ElfFacts | undefined> {
  const file = await open(path, 'r');
  try {
    return await factsOf(file);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

async function factsOf(file: FileHandle): Promise<ElfFacts | undefined> {
  const head = await read(file, 0, HEADER);
  // Magic, ELFCLASS64, ELFDATA2LSB.
  if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return undefined;
  const architecture = MACHINES[head.readUInt16LE(18)] ?? 'other';
  const count = head.readUInt16LE(56);
  if (count === 0 || head.readUInt16LE(54) !== SEGMENT) return undefined;
  const table = await read(file, wide(head, 32), count * SEGMENT);
  const segments = Array.from({ length: count }, (_, index) => segmentAt(table, index * SEGMENT));
  const interp = segments.find(({ type }) => type === PT_INTERP);
  const interpreter =
    interp === undefined ? '' : text(await read(file, interp.offset, interp.size), 0);
  const dynamic = await dynamicOf(file, segments);
  return { architecture, ...(interpreter !== '' && { interpreter }), ...dynamic };
}

function segmentAt(table: Buffer, at: number): Segment {
  return {
    type: table.readUInt32LE(at),
    offset: wide(table, at + 8),
    address: wide(table, at + 16),
    size: wide(table, at + 32),
  };
}

async function dynamicOf(
  file: FileHandle,
  segments: readonly Segment[],
): Promise<Pick<ElfFacts, 'needed' | 'searchPath'>> {
  const section = segments.find(({ type }) => type === PT_DYNAMIC);
  const tags = section === undefined ? [] : tagsOf(await read(file, section.offset, section.size));
  const valueOf = (tag: number): number => tags.find(([one]) => one === tag)?.[1] ?? 0;
  const strings = valueOf(DT_STRSZ);
  if (strings === 0) return { needed: [], searchPath: [] };
  const table = await read(file, fileOffset(segments, valueOf(DT_STRTAB)), strings);
  const named = (...wanted: readonly number[]): string[] =>
    tags.flatMap(([tag, value]) => (wanted.includes(tag) ? [text(table, value)] : []));
  return {
    needed: named(DT_NEEDED),
    searchPath: named(DT_RPATH, DT_RUNPATH).flatMap((path) => path.split(':')),
  };
}

function tagsOf(section: Buffer): readonly (readonly [tag: number, value: number])[] {
  const tags: (readonly [number, number])[] = [];
  for (let at = 0; at + 16 <= section.length; at += 16) {
    const tag = wide(section, at);
    if (tag === 0) break;
    tags.push([tag, wide(section, at + 8)]);
  }
  return tags;
}

/** Addresses of the dynamic section are those in memory. */
function fileOffset(segments: readonly Segment[], address: number): number {
  const segment = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
  );
  if (segment === undefined) throw new RangeError('an address outside of the file');
  return address - segment.address + segment.offset;
}

/** Tags above 2^53 are of no interest here and come out rounded. */
function wide(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function text(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  if (at >= bytes.length || end < 0) throw new RangeError('a string without an end');
  return bytes.toString('utf8', at, end);
}

async function read(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  if (size > TABLE_LIMIT || !Number.isSafeInteger(offset)) throw new RangeError('too large');
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await file.read(buffer, 0, size, offset);
  if (bytesRead < size) throw new RangeError('the file ends too early');
  return buffer;
}
