import { existsSync, writeFileSync } from 'node:fs';
import { link, mkdir, open, readdir, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Entry, FileEntry } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import { openDeb, type OpenDeb } from '../deb/deb.ts';
import type { LockedDeb } from '../lock.ts';
import type { FetchedDeb } from '../rootfs/layer.ts';
import { packageEntries } from '../rootfs/package-entries.ts';
import { isTrimmed, placedPath } from '../rootfs/paths.ts';
import { bytesOf } from '../rootfs/python-sources.ts';
import { createLayerTree, type LayerTree } from '../rootfs/tree.ts';

/** Which packages are opened, and what of them is laid. */
interface Selection {
  readonly packages: RegExp;
  wants(path: string, type: string): boolean;
  /** Files of a package after which the rest of it is not read; each pattern one file. */
  readonly enough?: Readonly<Record<string, readonly RegExp[]>>;
}

/**
 * The interpreter, its library and what those load. Databases, terminals and Kerberos are left out: it is they that
 * take the time to unpack. What the layer leaves out is left out here too.
 */
const WHOLE: Selection = {
  packages:
    /^(?:(?:lib)?python3(?:\.\d+)?-(?:distutils|lib2to3|minimal|stdlib)|libbz2-1\.0|libc6|libcrypt1|libexpat1|libffi8|liblzma5|libssl3(?:t64)?|libzstd1|zlib1g)$/,
  wants: (path, type) =>
    !isTrimmed(path, type) &&
    !/^usr\/lib\/[^/]+\/gconv(?:\/|$)/.test(path) &&
    /^(?:usr\/lib|usr\/lib64|usr\/bin\/python3\.\d+|etc\/python3\.\d+)(?:\/|$)/.test(path),
};

/**
 * Of the standard library: the codecs, what a start imports beside them and is not frozen (3.11 `warnings`, 3.13
 * `linecache` as well), and `os.py`, by which an interpreter knows its own library (CPython, Modules/getpath.py). Without
 * that it would take the library of the build host.
 */
const COMPILING_LIBRARY =
  /^usr\/lib\/python3\.\d+\/(?:encodings(?:\/|$)|(?:linecache|os|warnings)\.py$)/;

/** The program, the libraries that it is linked with, and few modules: each file costs more to make than to fill. */
const COMPILING: Selection = {
  packages: /^(?:(?:lib)?python3\.\d+-minimal|libc6|libexpat1|zlib1g)$/,
  wants: (path, type) =>
    WHOLE.wants(path, type) &&
    !/^etc\//.test(path) &&
    (!/^usr\/lib\/python3\.\d+\//.test(path) || COMPILING_LIBRARY.test(path)),
  // Two thirds of the C library are tables of character sets.
  enough: { libc6: [/\/ld-linux[^/]*$/, /\/libc\.so\.6$/, /\/libm\.so\.6$/] },
};

/** Keeps decompressed data archives for whoever reads the same packages next. */
export interface DataKeeper {
  /** Where the archive of a package is to be kept; nothing stands there yet. */
  pathFor(deb: LockedDeb): string;
  /** Called when all of it stands there; a package of which a part was enough is not kept. */
  kept(deb: LockedDeb, path: string): void;
}

/** What unpacking needs besides packages and folder. */
interface UnpackContext {
  readonly signal: AbortSignal;
  readonly keeper?: DataKeeper | undefined;
}

/**
 * Unpacks the image's own Python into a folder, so that it runs on the build host without root and chroot; see
 * `interpreterCommand`. Links become relative, so that none leads out of the folder. Throws MLC4030 to MLC4043.
 */
export function unpackInterpreter(
  debs: readonly FetchedDeb[],
  folder: string,
  cx: UnpackContext,
): Promise<void> {
  return unpack(debs, folder, WHOLE, cx);
}

/**
 * Unpacks as much of the image's Python as compiling takes. Sources in an East Asian encoding (PEP 263) it cannot decode,
 * since those codecs are extension modules. A third of the work of `unpackInterpreter`, which see.
 */
export async function unpackCompiler(
  debs: readonly FetchedDeb[],
  folder: string,
  cx: UnpackContext,
): Promise<void> {
  await unpack(debs, folder, COMPILING, cx);
  // The other half of what it knows its library by; it may be empty.
  const library = join(folder, 'usr/lib');
  for (const name of await readdir(library).catch(() => []))
    if (/^python3\.\d+$/.test(name))
      await mkdir(join(library, name, 'lib-dynload'), { recursive: true });
}

/** Whether `unpackCompiler` opens a package. */
export function isOfCompiler(name: string): boolean {
  return COMPILING.packages.test(name);
}

async function unpack(
  debs: readonly FetchedDeb[],
  folder: string,
  selection: Selection,
  { signal, keeper }: UnpackContext,
): Promise<void> {
  const tree = createLayerTree();
  for (const { deb, path } of debs) {
    if (!selection.packages.test(deb.name)) continue;
    const copy = keeper && ({ path: keeper.pathFor(deb), use: 'write' } as const);
    const opened = await openDeb(path, `${deb.name} ${deb.version}`, copy);
    try {
      await unpackDeb(opened, tree, folder, selection, signal);
    } finally {
      await opened.close();
    }
    if (copy !== undefined && existsSync(copy.path)) keeper?.kept(deb, copy.path);
  }
}

async function unpackDeb(
  deb: OpenDeb,
  tree: LayerTree,
  folder: string,
  selection: Selection,
  signal: AbortSignal,
): Promise<void> {
  const missing = new Set(selection.enough?.[deb.control.get('package') ?? '']);
  for await (const { entry } of packageEntries(deb, signal)) {
    if (!selection.wants(entry.path, entry.type)) continue;
    // The tree refuses an entry below a link, so that nothing is written through one.
    for (const one of tree.place(entry, deb.name)) await write(one, folder, deb.name, tree, signal);
    const found = [...missing].find((file) => entry.type === 'file' && file.test(entry.path));
    if (found !== undefined && missing.delete(found) && missing.size === 0) return;
  }
}

async function write(
  entry: Entry,
  folder: string,
  deb: string,
  tree: LayerTree,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folder, entry.path);
  switch (entry.type) {
    case 'directory':
      await mkdir(path, { recursive: true });
      return;
    case 'symlink':
      await symlink(insideTarget(entry.path, entry.target, deb), path);
      return;
    case 'hardlink':
      if (tree.get(entry.target)?.type !== 'file') {
        throw mlcError('MLC4043', { deb, path: entry.path, target: entry.target });
      }
      await link(join(folder, entry.target), path);
      return;
    case 'file':
      await writeFile(entry, path, signal);
  }
}

/** Files of so many bytes are written at once: a turn for each step would take longer than the step. */
const SMALL = 1 << 18;

async function writeFile(entry: FileEntry, path: string, signal: AbortSignal): Promise<void> {
  if (entry.content.kind !== 'stream') return;
  // The same for every user and umask, but writable, so that the folder can be removed again.
  const mode = (entry.mode & 0o111) === 0 ? 0o644 : 0o755;
  if (entry.content.size <= SMALL) {
    const bytes = await bytesOf(entry);
    signal.throwIfAborted();
    writeFileSync(path, bytes, { flag: 'wx', mode });
    return;
  }
  const file = await open(path, 'wx', mode);
  try {
    for await (const chunk of entry.content.open()) await file.write(chunk);
    signal.throwIfAborted();
  } finally {
    await file.close();
  }
}

/** A link's target relative to the link; an absolute one is meant from the root, which the folder stands for. */
function insideTarget(path: string, target: string, deb: string): string {
  const from = posix.join('/', posix.dirname(path));
  const absolute = `/${placedPath(posix.resolve(from, target).slice(1))}`;
  const relative = posix.relative(from, absolute);
  const climbs = target.split('/').filter((part) => part === '..').length;
  if (!target.startsWith('/') && climbs > dirname(path).split('/').length) {
    throw mlcError('MLC4042', { deb, path, detail: `a link to ${target}` });
  }
  return relative === '' ? '.' : relative;
}
