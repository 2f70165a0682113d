import type { CentralPlace } from './end.ts';
import { resolveSizes } from './extra.ts';
import { zipFault } from './fault.ts';
import { decodeName, pathProblem } from './name.ts';
import type { ByteSource } from './source.ts';

const CENTRAL = 0x02014b50;
const HEADER_SIZE = 46;
/** More than any real wheel has, small enough to hold in memory. */
const MAX_ENTRIES = 250_000;
const MAX_CENTRAL = 64 * 1024 * 1024;
/** Deflate level (bits 1, 2), data descriptor (3), UTF-8 (11). */
const ALLOWED_FLAGS = 0b1000_0000_1110;
const ENCRYPTION_FLAGS = 0b0010_0000_0100_0001;
/** APPNOTE 6.3; what needs a later version uses what is refused here anyway. */
const MAX_VERSION = 63;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

/** One entry as the central directory tells it (APPNOTE 4.3.12). */
export interface CentralEntry {
  /** `/`-separated; a directory's ends with `/`. */
  readonly name: string;
  readonly rawName: Buffer;
  readonly flags: number;
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8;
  readonly crc32: number;
  /** Bytes. */
  readonly compressedSize: number;
  readonly size: number;
  /** Unix permission bits, 0 where the archive was made elsewhere. */
  readonly mode: number;
  /** Offset of the local header. */
  readonly offset: number;
}

/** Reads the whole central directory; it must be exactly filled by its entries. */
export function readCentral(source: ByteSource, place: CentralPlace): CentralEntry[] {
  if (place.count > MAX_ENTRIES || place.size > MAX_CENTRAL) {
    throw zipFault(source.name, 'limits', `${place.count} entries are too many`);
  }
  const block = source.bytes(place.offset, place.size);
  const entries: CentralEntry[] = [];
  let at = 0;
  for (let index = 0; index < place.count; index += 1) {
    if (at + HEADER_SIZE > block.length || block.readUInt32LE(at) !== CENTRAL) {
      throw zipFault(source.name, 'central-directory', `entry ${index} has no header`);
    }
    const end =
      at +
      HEADER_SIZE +
      block.readUInt16LE(at + 28) +
      block.readUInt16LE(at + 30) +
      block.readUInt16LE(at + 32);
    if (end > block.length)
      throw zipFault(source.name, 'central-directory', `entry ${index} is cut`);
    entries.push(readEntry(source.name, block.subarray(at, end)));
    at = end;
  }
  if (at !== block.length) {
    throw zipFault(source.name, 'central-directory', 'it holds more than its entries');
  }
  return entries;
}

function readEntry(file: string, header: Buffer): CentralEntry {
  const nameEnd = HEADER_SIZE + header.readUInt16LE(28);
  const rawName = header.subarray(HEADER_SIZE, nameEnd);
  const flags = header.readUInt16LE(8);
  const name = checkName(file, rawName, flags);
  const sizes = resolveSizes(
    file,
    name,
    header.subarray(nameEnd, nameEnd + header.readUInt16LE(30)),
    {
      compressedSize: header.readUInt32LE(20),
      size: header.readUInt32LE(24),
      offset: header.readUInt32LE(42),
    },
  );
  if ((header[6] ?? 0) > MAX_VERSION)
    throw zipFault(file, 'version', `${name} needs a later version`);
  if (header.readUInt16LE(34) !== 0)
    throw zipFault(file, 'multi-disk', `${name} starts on another disk`);
  return {
    name,
    rawName,
    flags: checkFlags(file, name, flags),
    method: checkMethod(file, name, header.readUInt16LE(10), sizes),
    crc32: header.readUInt32LE(16),
    ...sizes,
    mode: checkType(file, name, header.readUInt32LE(38), sizes.size),
  };
}

function checkName(file: string, rawName: Buffer, flags: number): string {
  const name = decodeName(rawName, (flags & 0x800) !== 0);
  if (name === undefined) {
    throw zipFault(
      file,
      'name',
      `the name ${JSON.stringify(rawName.toString('latin1'))} is not UTF-8 or not marked as such`,
    );
  }
  const problem = pathProblem(name);
  if (problem) throw zipFault(file, 'name', `the path ${JSON.stringify(name)} ${problem}`);
  return name;
}

function checkFlags(file: string, name: string, flags: number): number {
  if (flags & ENCRYPTION_FLAGS) throw zipFault(file, 'encrypted', `${name} is encrypted`);
  if (flags & ~ALLOWED_FLAGS) {
    throw zipFault(file, 'flags', `${name} has unknown flags 0x${flags.toString(16)}`);
  }
  return flags;
}

function checkMethod(
  file: string,
  name: string,
  method: number,
  sizes: { readonly size: number; readonly compressedSize: number },
): 0 | 8 {
  if (method !== 0 && method !== 8) {
    throw zipFault(
      file,
      'method',
      `${name} is compressed by method ${method}, only 0 and 8 are read`,
    );
  }
  if (method === 0 && sizes.size !== sizes.compressedSize) {
    throw zipFault(file, 'size', `${name} is stored, yet its two sizes differ`);
  }
  return method;
}

/** Only regular files and directories: a symbolic link in a wheel could be written through. */
function checkType(file: string, name: string, external: number, size: number): number {
  const mode = external >>> 16;
  const type = mode & S_IFMT;
  const directory = name.endsWith('/');
  const expected = directory ? S_IFDIR : S_IFREG;
  if (type !== 0 && type !== expected) {
    throw zipFault(file, 'file-type', `${name} is not a regular file or directory`);
  }
  if (!directory && (external & 0x10) !== 0) {
    throw zipFault(file, 'file-type', `${name} is marked as a directory`);
  }
  if (directory && size !== 0)
    throw zipFault(file, 'file-type', `the directory ${name} has content`);
  return type === S_IFREG ? mode & 0o777 : 0;
}
