import { readFile } from 'node:fs/promises';
import path from 'node:path/posix';
import type { ImageNode, ImageTree } from '@mlcontainer/oci';
import type { Architecture, BasePython } from '@mlcontainer/plugin-kit';
import { standardLibraries, type Candidate, type StandardLibrary } from './candidates.ts';
import { readElf, type ElfFacts } from './elf.ts';
import { findLibrary, isLoadable, libraryFolders } from './libraries.ts';
import { glibcVersion, smallText, valueOf, versionIn } from './texts.ts';

/** Versions that the server runs on and whose bytecode is known. */
const MINORS = { first: 11, last: 14 } as const;

/** What ldconfig(8) found when the image was made. */
const LOADER_CACHE = 'etc/ld.so.cache';

/** The GNU C library, by the name that every program asks for. */
const LIBC = 'libc.so.6';

/** A base to look into: its tree, and the files that were taken out of it, under their real paths. */
export interface OpenBase {
  readonly tree: ImageTree;
  readonly architecture: Architecture;
  /** Where the files are on this machine. */
  readonly folder: string;
  /** LD_LIBRARY_PATH of the image, in its parts. */
  readonly libraryPath: readonly string[];
}

/** What looking at a candidate came to; `musl` where it runs on that C library. */
export type Verdict =
  | { readonly python: BasePython; readonly glibc: string }
  | { readonly rejected: string; readonly musl: boolean };

/** The files that tell of these candidates, by their real paths. */
export function filesOf(
  { tree, architecture }: Pick<OpenBase, 'tree' | 'architecture'>,
  candidates: readonly Candidate[],
): ReadonlyMap<string, ImageNode> {
  const files = new Map<string, ImageNode>();
  const add = (name: string): void => {
    const node = tree.find(name);
    if (node?.type === 'file') files.set(node.path, node);
  };
  add(LOADER_CACHE);
  // Wherever the loader that a program asks for may lie, its C library lies beside it.
  for (const { path: name } of tree.below('')) if (path.basename(name) === LIBC) add(name);
  for (const { binary, venv } of candidates) {
    add(binary);
    if (venv !== undefined) add(`${venv}/pyvenv.cfg`);
    const prefix = path.dirname(path.dirname(binary));
    for (const folder of [`${prefix}/lib`, `${prefix}/lib64`, ...libraryFolders(architecture)])
      addMatching(tree, folder, /^libpython3.*\.so/, add);
    for (const name of tree.list(`${prefix}/include`))
      add(`${prefix}/include/${name}/patchlevel.h`);
  }
  return files;
}

function addMatching(
  tree: ImageTree,
  folder: string,
  names: RegExp,
  add: (name: string) => void,
): void {
  for (const name of tree.list(folder)) if (names.test(name)) add(`${folder}/${name}`);
}

/** Whether a candidate is a Python that the server can run on; nothing of it is run. */
export async function examine(base: OpenBase, candidate: Candidate): Promise<Verdict> {
  const reject = (reason: string, musl = false): Verdict => {
    return { rejected: `${candidate.executable}: ${reason}`, musl };
  };
  const { binary } = candidate;
  if (/^pypy/.test(path.basename(binary))) return reject('it is PyPy, not CPython');
  const elf = await readElf(path.join(base.folder, binary));
  if (elf === undefined) return reject('it is no program but a script');
  if (elf.architecture !== base.architecture)
    return reject(`it is built for ${elf.architecture}, not for ${base.architecture}`);
  const loader = elf.interpreter ?? '';
  if (loader.includes('musl'))
    return reject('it is built for musl, not for the GNU C library', true);
  const glibc = await glibcOf(base, loader);
  if (glibc === undefined) return reject(`its C library is unknown (loader ${loader || 'none'})`);
  const library = await libraryOf(base, candidate, elf);
  if (typeof library === 'string') return reject(library);
  const lost = await unloadable(base, candidate, elf);
  if (lost !== undefined)
    return reject(`its ${lost} is found neither by itself nor in ld.so.cache`);
  const found = await versionOf(base, candidate, elf, library);
  if (found === undefined) return reject(`which 3.${library.minor} it is cannot be told`);
  const compiled = isCompiled(base.tree, library);
  return { python: { ...pythonOf(candidate, library, found), compiled }, glibc };
}

/** Images of the Python project come without, to be small; below a link nothing may be laid. */
function isCompiled(tree: ImageTree, { folder, minor }: StandardLibrary): boolean {
  const has = tree.find(`${folder}/__pycache__/os.cpython-3${minor}.pyc`) !== undefined;
  return has || `/${tree.find(folder)?.path ?? ''}` !== folder;
}

function pythonOf(
  candidate: Candidate,
  library: StandardLibrary,
  found: Version,
): Omit<BasePython, 'compiled'> {
  const { executable, binary } = candidate;
  const { prefix, folder } = library;
  return {
    version: found.version,
    executable,
    binary,
    prefix,
    stdlib: folder,
    evidence: found.evidence,
  };
}

/** Of the C library beside the program's own loader. */
async function glibcOf({ tree, folder }: OpenBase, loader: string): Promise<string | undefined> {
  const node = /(^|\/)ld-linux/.test(loader) ? tree.find(loader) : undefined;
  if (node === undefined) return undefined;
  const library = tree.find(`${path.dirname(node.path)}/${LIBC}`);
  return library === undefined ? undefined : glibcVersion(path.join(folder, library.path));
}

/** The standard library of a candidate, or why it has none that can be used. */
async function libraryOf(
  base: OpenBase,
  candidate: Candidate,
  elf: ElfFacts,
): Promise<StandardLibrary | string> {
  const libraries = standardLibraries(base.tree, await homeOf(base, candidate));
  const minor = minorOf(candidate.binary, elf) ?? libraries[0]?.minor;
  if (minor === undefined) return 'it has no standard library';
  const version = `3.${minor}`;
  if (minor < MINORS.first) return `it is ${version}, too old`;
  if (minor > MINORS.last) return `it is ${version}, newer than what is known`;
  const own = libraries.filter((library) => library.minor === minor);
  const usable = own.find((library) => !library.freeThreaded);
  if (usable !== undefined && !/\dt$/.test(candidate.binary)) return usable;
  return own.length === 0 ? 'it has no standard library' : 'it is free-threaded, another ABI';
}

/** The folder above the one of the real program; of a virtual environment with a copy, that of its home. */
async function homeOf(base: OpenBase, { binary, venv }: Candidate): Promise<string> {
  if (venv === undefined || !binary.startsWith(`${venv}/`))
    return path.dirname(path.dirname(binary));
  const config = base.tree.find(`${venv}/pyvenv.cfg`);
  const text = await smallText(path.join(base.folder, config?.path ?? ''));
  const home = valueOf(text, 'home');
  return path.dirname(home?.startsWith('/') === true ? home : path.dirname(binary));
}

function minorOf(binary: string, elf: ElfFacts): number | undefined {
  const names = [path.basename(binary), ...elf.needed];
  for (const name of names) {
    const minor = /^(?:lib)?python3\.(\d+)t?(?:$|\.so)/.exec(name)?.[1];
    if (minor !== undefined) return Number(minor);
  }
  return undefined;
}

/** The library of Python itself, where the loader would not find it. */
async function unloadable(
  { tree, folder, architecture, libraryPath }: OpenBase,
  { node }: Candidate,
  elf: ElfFacts,
): Promise<string | undefined> {
  const from = { path: node.path, elf, architecture };
  const wanted = elf.needed.filter((name) => name.startsWith('libpython'));
  if (wanted.length === 0) return undefined;
  const bytes = await readFile(path.join(folder, LOADER_CACHE)).catch(() => Buffer.alloc(0));
  const image = { libraryPath, cache: bytes.toString('latin1') };
  return wanted.find((name) => !isLoadable(tree, name, from, image));
}

interface Version {
  readonly version: string;
  readonly evidence: readonly string[];
}

/** The full version, out of the program or the library that it loads, else out of the headers beside it. */
async function versionOf(
  base: OpenBase,
  candidate: Candidate,
  elf: ElfFacts,
  library: StandardLibrary,
): Promise<Version | undefined> {
  const { tree, folder, architecture } = base;
  const { minor, prefix } = library;
  const from = { path: candidate.node.path, elf, architecture };
  const loaded = elf.needed
    .filter((name) => name.startsWith('libpython'))
    .flatMap((name) => findLibrary(tree, name, from) ?? []);
  const standard = `its standard library is ${library.folder}`;
  for (const { path: file } of [...loaded, candidate.node]) {
    const version = await versionIn(path.join(folder, file), minor);
    if (version !== undefined) return { version, evidence: [`/${file} says ${version}`, standard] };
  }
  const header = tree.find(`${prefix}/include/python3.${minor}/patchlevel.h`);
  const text = await smallText(path.join(folder, header?.path ?? ''));
  const version = /^#define\s+PY_VERSION\s+"(3\.\d+\.\d+)/m.exec(text)?.[1];
  if (header === undefined || version === undefined) return undefined;
  return { version, evidence: [`/${header.path} says ${version}`, standard] };
}
