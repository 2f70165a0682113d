import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { createInflater, type Inflater } from '@mlcontainer/oci';
import { type CentralEntry, readCentral } from './central.ts';
import { findCentral } from './end.ts';
import { zipFault } from './fault.ts';
import { checkLocals } from './local.ts';
import { type ByteSource, openSource } from './source.ts';

/** A file or directory of a zip archive, after every check but that of its content. */
export interface ZipMember extends Omit<CentralEntry, 'rawName' | 'flags' | 'offset'> {
  readonly directory: boolean;
  /** Offset of the compressed bytes in the archive. */
  readonly dataOffset: number;
}

/** A zip archive read strictly: readers that look at it from another side see the same. */
export interface ZipArchive {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** In the order in which they lie in the file. */
  readonly members: readonly ZipMember[];
  /** The whole content, inflated, with size and CRC-32 checked. Throws MLC5030. */
  read(member: ZipMember): Uint8Array;
  /** The first bytes of the content, unchecked: for looking, not for using. */
  head(member: ZipMember, length: number): Uint8Array;
  /** The content in chunks, inflated, with size and CRC-32 checked at its end. Throws MLC5030. */
  stream(member: ZipMember): AsyncIterable<Uint8Array>;
  /** The bytes as they lie in the archive: a raw deflate stream (RFC 1951) for method 8. */
  raw(member: ZipMember): AsyncIterable<Uint8Array>;
  close(): void;
}

const MAX_RATIO = 50;
const RATIO_FLOOR = 64 * 1024 * 1024;
const MAX_TOTAL = 64 * 1024 ** 3;

/**
 * Opens a zip archive (APPNOTE 6.3) by random access and checks its structure completely. Refused with MLC5030 and
 * a rule: everything on which readers differ, everything that is not stored or deflated regular files, bombs.
 */
export function openZip(path: string, file: string): ZipArchive {
  const source = openSource(path, file);
  try {
    return archive(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

function archive(source: ByteSource): ZipArchive {
  const place = findCentral(source);
  const entries = readCentral(source, place);
  checkTotals(source, entries);
  checkTree(source.name, entries);
  const offsets = checkLocals(source, entries, place.offset);
  refuseTar(source);
  const members = entries
    .map((entry) => toMember(entry, offsets.get(entry) ?? 0))
    .sort((a, b) => a.dataOffset - b.dataOffset);
  const raw = (member: ZipMember) => source.stream(member.dataOffset, member.compressedSize);
  return {
    file: source.name,
    size: source.size,
    members,
    read: (member) => readMember(source, member),
    head: (member, length) => readHead(source, member, length),
    stream: (member) => checked(source.name, member, inflated(source.name, member, raw(member))),
    raw,
    close: () => source.close(),
  };
}

function toMember(entry: CentralEntry, dataOffset: number): ZipMember {
  const { name, method, crc32: crc, compressedSize, size, mode } = entry;
  return {
    name,
    method,
    crc32: crc,
    compressedSize,
    size,
    mode,
    dataOffset,
    directory: name.endsWith('/'),
  };
}

/** What is allocated for a promise that may be a lie. Bytes. */
const MAX_PIECE = 1024 * 1024;

/** Bomb limits as PyPI applies them (warehouse, forklift): a ratio above 50 once the content is past 64 MiB. */
function checkTotals(source: ByteSource, entries: readonly CentralEntry[]): void {
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (total > MAX_TOTAL)
    throw zipFault(source.name, 'limits', `${total} bytes of content are too many`);
  if (total > RATIO_FLOOR && total > source.size * MAX_RATIO) {
    throw zipFault(source.name, 'ratio', `it would grow ${Math.round(total / source.size)} times`);
  }
}

/** No path twice, no path below a file. */
function checkTree(file: string, entries: readonly CentralEntry[]): void {
  const files = new Set<string>();
  const directories = new Set<string>();
  for (const { name } of entries) {
    const directory = name.endsWith('/');
    const path = directory ? name.slice(0, -1) : name;
    if (files.has(path) || (directory && directories.has(path))) {
      throw zipFault(file, 'duplicate', `${path} is there twice`);
    }
    (directory ? directories : files).add(path);
  }
  for (const { name } of entries) {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      if (files.has(name.slice(0, at))) {
        throw zipFault(file, 'duplicate', `${name.slice(0, at)} is a file and a directory`);
      }
    }
  }
}

/** A file that opens as tar too would be unpacked differently by tools that try tar first. */
function refuseTar(source: ByteSource): void {
  if (source.size < 512) return;
  const block = source.bytes(0, 512);
  const stated = Number.parseInt(
    block.subarray(148, 156).toString('latin1').replace(/\0.*$/s, '').trim(),
    8,
  );
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (stated === sum) throw zipFault(source.name, 'tar-polyglot', 'it is a tar archive as well');
}

function readMember(source: ByteSource, member: ZipMember): Uint8Array {
  const raw = source.bytes(member.dataOffset, member.compressedSize);
  const bytes = member.method === 0 ? raw : inflateWhole(source.name, member, raw);
  if (bytes.length !== member.size) throw sizeFault(source.name, member);
  if (crc32(bytes) !== member.crc32)
    throw zipFault(source.name, 'crc', `${member.name} has another CRC-32`);
  return bytes;
}

function readHead(source: ByteSource, member: ZipMember, length: number): Uint8Array {
  const raw = source.bytes(member.dataOffset, Math.min(member.compressedSize, 4096));
  if (member.method === 0) return raw.subarray(0, length);
  try {
    return inflateRawSync(raw, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, length);
  } catch (error) {
    throw zipFault(source.name, 'deflate', `${member.name} cannot be inflated`, error);
  }
}

// One in a thread: nothing waits between what is put into it and what is taken out.
let shared: Inflater | undefined;

function inflateWhole(file: string, member: ZipMember, raw: Uint8Array): Uint8Array {
  const inflater = (shared ??= createInflater());
  if (raw.length > inflater.input.length || member.size > inflater.limit)
    return inflateLarge(file, member, raw);
  inflater.input.set(raw);
  const inflated = inflater.inflate(raw.length, member.size);
  if (!('fault' in inflated)) {
    if (inflated.consumed === raw.length) return Buffer.from(inflated.bytes);
    throw tailFault(file, member);
  }
  if (inflated.fault !== 'damaged') throw sizeFault(file, member);
  throw zipFault(file, 'deflate', `${member.name} cannot be inflated`);
}

function inflateLarge(file: string, member: ZipMember, raw: Uint8Array): Uint8Array {
  try {
    const { buffer, engine } = inflateRawSync(raw, {
      maxOutputLength: Math.max(member.size, 1),
      // One piece as large as what is promised: pieces would be allocated one by one and then joined.
      chunkSize: Math.min(Math.max(member.size, 64), MAX_PIECE),
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    if (engine.bytesWritten !== raw.length) throw tailFault(file, member);
    return buffer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw sizeFault(file, member);
    if (code?.startsWith('MLC')) throw error;
    throw zipFault(file, 'deflate', `${member.name} cannot be inflated`, error);
  }
}

function tailFault(file: string, member: ZipMember) {
  return zipFault(file, 'deflate', `bytes follow the deflate stream of ${member.name}`);
}

function sizeFault(file: string, member: ZipMember) {
  return zipFault(file, 'size', `${member.name} has another size than stated`);
}

async function* inflated(file: string, member: ZipMember, raw: AsyncIterable<Uint8Array>) {
  if (member.method === 0) {
    yield* raw;
    return;
  }
  const inflate = createInflateRaw({ chunkSize: 256 * 1024, finishFlush: constants.Z_FINISH });
  const out = new PassThrough({ readableHighWaterMark: 512 * 1024 });
  const done = pipeline(raw, inflate, out).catch((error: unknown) => out.destroy(error as Error));
  try {
    for await (const chunk of out) yield chunk as Uint8Array;
    await done;
  } catch (error) {
    throw zipFault(file, 'deflate', `${member.name} cannot be inflated`, error);
  } finally {
    out.destroy();
    await done;
  }
  if (inflate.bytesWritten !== member.compressedSize) throw tailFault(file, member);
}

async function* checked(file: string, member: ZipMember, chunks: AsyncIterable<Uint8Array>) {
  let size = 0;
  let crc = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > member.size) throw sizeFault(file, member);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== member.size) throw sizeFault(file, member);
  if (crc !== member.crc32) throw zipFault(file, 'crc', `${member.name} has another CRC-32`);
}
