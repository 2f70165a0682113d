import type { Entry } from '@mlcontainer/oci';
import type { DebianArchitecture } from '../lock.ts';
import type { LibraryMachine } from './elf.ts';
import { compareLibraryNames } from './libcmp.ts';
import type { LibraryRecord } from './library-record.ts';
import { createStringTable } from './string-table.ts';

interface Platform {
  readonly machine: LibraryMachine;
  /** FLAG_ELF_LIBC6 and the flag of the machine (glibc, sysdeps/generic/ldconfig.h). */
  readonly flags: number;
  /** The folders that ldconfig searches, in its order, and how paths in them are written. */
  readonly folders: readonly { readonly folder: string; readonly shown: string }[];
}

function platform(machine: LibraryMachine, flags: number, triplet: string): Platform {
  const local = ['usr/local/lib', `usr/local/lib/${triplet}`];
  const system = [`lib/${triplet}`, 'lib'];
  return {
    machine,
    flags,
    folders: [
      ...local.map((folder) => ({ folder, shown: `/${folder}` })),
      // The real folder is below /usr, but the configuration names the merged-usr link first.
      ...system.map((folder) => ({ folder: `usr/${folder}`, shown: `/${folder}` })),
    ],
  };
}

const PLATFORMS: Readonly<Record<DebianArchitecture, Platform>> = {
  amd64: platform('x86-64', 0x0303, 'x86_64-linux-gnu'),
  arm64: platform('aarch64', 0x0a03, 'aarch64-linux-gnu'),
};

/** What a loader cache is made of. */
export interface LibrarySet {
  readonly architecture: DebianArchitecture;
  /** Those of all layers. */
  readonly libraries: readonly LibraryRecord[];
}

/** One line of `ldconfig -p`. */
export interface CachedLibrary {
  readonly name: string;
  readonly path: string;
}

/** What belongs into the cache, in its order: as ldconfig(8) finds it in the folders of ld.so.conf. */
export function cachedLibraries({ architecture, libraries }: LibrarySet): CachedLibrary[] {
  const { machine, folders } = PLATFORMS[architecture];
  const records = new Map(libraries.map((record) => [record.path, record]));
  const found = folders.flatMap(({ folder, shown }) => {
    const names = namesIn(folder, records, machine);
    return [...names].map((name) => ({ name, path: `${shown}/${name}` }));
  });
  // Names of one folder are different, and equal names keep the order of their folders.
  return found.toSorted((a, b) => compareLibraryNames(b.name, a.name));
}

/**
 * The names under which the libraries of a folder are found: SONAMEs, and the names of links for the linker
 * (`libfoo.so`). A library of a SONAME that has no link is left out: ldconfig would make the link.
 */
function namesIn(
  folder: string,
  records: ReadonlyMap<string, LibraryRecord>,
  machine: LibraryMachine,
): Set<string> {
  const names = new Set<string>();
  for (const record of records.values()) {
    const file = record.path.slice(folder.length + 1);
    if (!record.path.startsWith(`${folder}/`) || file.includes('/')) continue;
    const library = resolveLibrary(record, records);
    if (library === undefined || library.machine !== machine) continue;
    const soname = library.soname ?? file;
    const name = record.kind === 'link' && isLinkerName(file, soname) ? file : soname;
    if (records.has(`${folder}/${name}`)) names.add(name);
  }
  return names;
}

/** `libfoo.so` beside the SONAME `libfoo.so.1` is for the linker, and is found by its own name too. */
function isLinkerName(file: string, soname: string): boolean {
  return file.endsWith('.so') && soname.startsWith(file);
}

const LINK_LIMIT = 16;

function resolveLibrary(
  record: LibraryRecord,
  records: ReadonlyMap<string, LibraryRecord>,
): Extract<LibraryRecord, { kind: 'library' }> | undefined {
  let current: LibraryRecord | undefined = record;
  for (let step = 0; step < LINK_LIMIT && current?.kind === 'link'; step += 1) {
    current = records.get(targetOf(current.path, current.target));
  }
  return current?.kind === 'library' ? current : undefined;
}

/** Where a link leads, through the merged-usr links. */
function targetOf(path: string, target: string): string {
  const base = target.startsWith('/') ? [] : path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') base.pop();
    else if (part !== '.' && part !== '') base.push(part);
  }
  const joined = base.join('/');
  return /^(?:lib|lib64)\//.test(joined) ? `usr/${joined}` : joined;
}

const HEADER = 48;
const RECORD = 24;
const LITTLE_ENDIAN = 2;

/** The bytes of `/etc/ld.so.cache` in the format `glibc-ld.so.cache1.1` (glibc, sysdeps/generic/dl-cache.h). */
export function ldCacheBytes(set: LibrarySet): Uint8Array {
  const { flags } = PLATFORMS[set.architecture];
  const libraries = cachedLibraries(set);
  const table = createStringTable(libraries.flatMap(({ name, path }) => [name, path]));
  const start = HEADER + libraries.length * RECORD;
  const head = Buffer.alloc(start);
  head.write('glibc-ld.so.cache1.1', 'latin1');
  head.writeUInt32LE(libraries.length, 20);
  head.writeUInt32LE(table.bytes.length, 24);
  head.writeUInt8(LITTLE_ENDIAN, 28);
  for (const [index, { name, path }] of libraries.entries()) {
    const at = HEADER + index * RECORD;
    head.writeUInt32LE(flags, at);
    head.writeUInt32LE(start + table.offset(name), at + 4);
    head.writeUInt32LE(start + table.offset(path), at + 8);
  }
  return Buffer.concat([head, table.bytes]);
}

/**
 * The last Debian layer: `etc/ld.so.cache` over the libraries of all layers below. Default folders would be found
 * without it, but `ctypes.util.find_library` and GPU tools read it.
 */
export function ldCacheEntries(set: LibrarySet): Entry[] {
  return [
    { type: 'directory', path: 'etc', mode: 0o755 },
    {
      type: 'file',
      path: 'etc/ld.so.cache',
      mode: 0o644,
      content: { kind: 'bytes', bytes: ldCacheBytes(set) },
    },
  ];
}
