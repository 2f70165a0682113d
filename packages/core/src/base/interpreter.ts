import { readdir } from 'node:fs/promises';
import path from 'node:path/posix';
import type { ImageNode, ImageTree } from '@mlcontainer/oci';
import { mlcError, type Architecture, type PinnedBase } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { Interpreter } from '../inputs/interpreter.ts';
import { jsonDigest } from '../json.ts';
import { readElf, type ElfFacts } from './elf.ts';
import { extractFiles, holdLayers, mergeLayers, type HeldLayer } from './layers.ts';
import { findLibrary } from './libraries.ts';
import type { BaseSource } from './source.ts';

/** Raised when another set of files is unpacked than before. */
const UNPACK_RULES = 1;
/** Where loader and libraries are put: one folder, whatever the image's own order of folders is. */
const LIBRARIES = '.libraries';
/** Parts of a standard library that compiling never imports. */
const LEFT_OUT =
  /(?:^|\/)(?:site-packages|dist-packages|__pycache__|test|tests|idlelib|tkinter|turtledemo|ensurepip|config-[^/]+)(?:\/|$)/;

/**
 * The base's own Python, to be run on this machine through its own loader: program, standard library and the shared
 * libraries that they need, unpacked once a base and kept in the store. Nothing else of the image is unpacked, and
 * nothing is run here. Throws MLC6711.
 */
export async function haveBaseInterpreter(
  cx: EngineContext,
  source: BaseSource,
  pinned: PinnedBase,
): Promise<Interpreter> {
  const { manifest, facts } = pinned;
  const { binary } = facts.python;
  const key = jsonDigest({ rules: UNPACK_RULES, manifest: manifest.digest, binary });
  const folder = await cx.ports.store.folder('interpreter', key, (target) =>
    unpack(cx, source, pinned, target),
  );
  return { folder, ...(await commandOf(source, pinned, folder)) };
}

async function commandOf(
  { reference }: BaseSource,
  pinned: PinnedBase,
  folder: string,
): Promise<Pick<Interpreter, 'argv' | 'env'>> {
  const libraries = path.join(folder, LIBRARIES);
  const loader = (await readdir(libraries)).find((name) => name.startsWith('ld-linux'));
  if (loader === undefined)
    throw mlcError('MLC6711', { reference, detail: 'its loader is missing' });
  const { prefix } = pinned.facts.python;
  return {
    argv: [
      path.join(libraries, loader),
      '--inhibit-cache',
      ...['--library-path', libraries],
      path.join(folder, programPath(pinned)),
    ],
    env: {
      LC_ALL: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONHASHSEED: '0',
      PYTHONHOME: path.join(folder, prefix),
      PYTHONNOUSERSITE: '1',
      PYTHONSAFEPATH: '1',
      PYTHONUTF8: '1',
      TZ: 'UTC',
    },
  };
}

/** Beside the standard library, which Python finds from there; a copy in a virtual environment has its elsewhere. */
function programPath({ facts }: PinnedBase): string {
  return `${facts.python.prefix}/bin/${path.basename(facts.python.binary)}`;
}

interface Unpacking {
  readonly cx: EngineContext;
  readonly source: BaseSource;
  readonly held: readonly HeldLayer[];
  readonly tree: ImageTree;
  readonly folder: string;
  readonly architecture: Architecture;
}

async function unpack(
  cx: EngineContext,
  source: BaseSource,
  pinned: PinnedBase,
  folder: string,
): Promise<void> {
  const held = await holdLayers(cx, source, pinned.layers);
  const { tree } = await mergeLayers(cx, source, held);
  const { architecture } = pinned.platform;
  const work: Unpacking = { cx, source, held, tree, folder, architecture };
  const { binary, stdlib } = pinned.facts.python;
  const files = new Map<string, ImageNode>(standardLibrary(tree, stdlib));
  const program = tree.find(binary);
  if (program !== undefined) files.set(programPath(pinned), program);
  await extractFiles(cx, source, held, files, folder);
  await unpackLibraries(work, files);
}

function* standardLibrary(tree: ImageTree, stdlib: string): Generator<[string, ImageNode]> {
  const root = tree.find(stdlib);
  for (const node of tree.below(stdlib)) {
    const inside = node.path.slice((root?.path.length ?? 0) + 1);
    if (LEFT_OUT.test(inside)) continue;
    const file = node.type === 'symlink' ? tree.find(node.path) : node;
    if (file?.type === 'file') yield [`${stdlib}/${inside}`, file];
  }
}

/** The loader and all libraries that the files need, and those need, round after round. */
async function unpackLibraries(
  work: Unpacking,
  files: ReadonlyMap<string, ImageNode>,
): Promise<void> {
  const { cx, source, held, folder } = work;
  const known = new Set<string>();
  for (let round = files; round.size > 0;) {
    const next = new Map<string, ImageNode>();
    for (const [name, node] of round) {
      if (!isElfName(name, node)) continue;
      const elf = await readElf(path.join(folder, name));
      if (elf === undefined) continue;
      for (const [library, found] of neededBy(work, node, elf)) {
        if (known.has(library)) continue;
        known.add(library);
        next.set(`${LIBRARIES}/${library}`, found);
      }
    }
    await extractFiles(cx, source, held, next, folder);
    round = next;
  }
}

function isElfName(name: string, { mode }: ImageNode): boolean {
  return name.includes('.so') || ((mode & 0o111) !== 0 && !name.endsWith('.py'));
}

/** A library that is nowhere is left out: only a module that is never imported may want it. */
function* neededBy(
  { tree, architecture }: Unpacking,
  node: ImageNode,
  elf: ElfFacts,
): Generator<[name: string, file: ImageNode]> {
  const loader = elf.interpreter === undefined ? undefined : tree.find(elf.interpreter);
  if (elf.interpreter !== undefined && loader?.type === 'file')
    yield [path.basename(elf.interpreter), loader];
  for (const name of elf.needed) {
    const found = findLibrary(tree, name, { path: node.path, elf, architecture });
    if (found !== undefined) yield [path.basename(name), found];
  }
}
