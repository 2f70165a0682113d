/** Machines of shared libraries, by their ELF number (ELF gABI, "e_machine"). */
const MACHINES: Readonly<Record<number, LibraryMachine>> = { 62: 'x86-64', 183: 'aarch64' };

export type LibraryMachine = 'x86-64' | 'aarch64';

/** What the loader's cache needs to know of a shared library. */
export interface SharedObject {
  readonly machine: LibraryMachine;
  /** DT_SONAME; undefined where it has none. */
  readonly soname?: string;
}

/** A range of a file. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

interface ProgramHeader extends Range {
  readonly type: number;
  readonly address: number;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5;
const DT_SONAME = 14;
const ET_DYN = 3;
const HEADER = 64;
const PROGRAM_HEADER = 56;
const NAME_LIMIT = 4096;

interface Headers {
  readonly machine: LibraryMachine;
  readonly segments: readonly ProgramHeader[];
}

/** The headers of a 64-bit little-endian shared object; undefined for anything else, and while bytes are missing. */
function headersOf(head: Uint8Array): Headers | undefined {
  if (head.length < HEADER) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  // Magic, ELFCLASS64, ELFDATA2LSB.
  const isElf = view.getUint32(0) === 0x7f454c46 && head[4] === 2 && head[5] === 1;
  const machine = MACHINES[view.getUint16(18, true)];
  if (!isElf || machine === undefined || view.getUint16(16, true) !== ET_DYN) return undefined;
  const start = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== PROGRAM_HEADER || start + count * PROGRAM_HEADER > head.length)
    return undefined;
  const segments = Array.from({ length: count }, (_, index) =>
    segmentAt(view, start + index * PROGRAM_HEADER),
  );
  return { machine, segments };
}

function segmentAt(view: DataView, at: number): ProgramHeader {
  return {
    type: view.getUint32(at, true),
    offset: Number(view.getBigUint64(at + 8, true)),
    address: Number(view.getBigUint64(at + 16, true)),
    size: Number(view.getBigUint64(at + 32, true)),
  };
}

/** Where the dynamic section stands, to be kept while a large file streams by. */
export function dynamicRange(head: Uint8Array): Range | undefined {
  return headersOf(head)?.segments.find((segment) => segment.type === PT_DYNAMIC);
}

/**
 * Reads machine and SONAME of a shared object from the beginning of its file and its dynamic section
 * (ELF gABI, chapter 5, "Dynamic Section"). Undefined for what is no shared object of a known machine.
 */
export function parseSharedObject(head: Uint8Array, dynamic: Uint8Array): SharedObject | undefined {
  const headers = headersOf(head);
  if (headers === undefined) return undefined;
  const { machine, segments } = headers;
  const tags = dynamicTags(dynamic);
  const [address, name] = [tags.get(DT_STRTAB), tags.get(DT_SONAME)];
  const soname =
    address === undefined || name === undefined
      ? ''
      : stringAt(head, fileOffset(segments, address) + name);
  return { machine, ...(soname !== '' && { soname }) };
}

function dynamicTags(dynamic: Uint8Array): Map<number, number> {
  const view = new DataView(dynamic.buffer, dynamic.byteOffset, dynamic.byteLength);
  const tags = new Map<number, number>();
  for (let at = 0; at + 16 <= dynamic.length; at += 16) {
    const tag = Number(view.getBigInt64(at, true));
    if (tag === 0) break;
    tags.set(tag, Number(view.getBigUint64(at + 8, true)));
  }
  return tags;
}

/** Addresses of the dynamic section are those in memory. */
function fileOffset(segments: readonly ProgramHeader[], address: number): number {
  const within = (one: ProgramHeader) => address >= one.address && address < one.address + one.size;
  const segment = segments.find((one) => one.type === PT_LOAD && within(one));
  return segment === undefined
    ? Number.MAX_SAFE_INTEGER
    : address - segment.address + segment.offset;
}

function stringAt(head: Uint8Array, offset: number): string {
  if (offset >= head.length) return '';
  const end = head.indexOf(0, offset);
  if (end < 0 || end - offset > NAME_LIMIT) return '';
  return Buffer.from(head.buffer, head.byteOffset + offset, end - offset).toString('utf8');
}
