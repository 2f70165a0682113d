import type { ImageNode, ImageTree } from '@mlcontainer/oci';
import type { Architecture } from '@mlcontainer/plugin-kit';
import type { ElfFacts } from './elf.ts';

const TRIPLETS: Readonly<Record<Architecture, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** Folders that the loader searches by itself (ld.so(8)). */
function ownFolders(architecture: Architecture): readonly string[] {
  const triplet = TRIPLETS[architecture];
  return [`/lib/${triplet}`, `/usr/lib/${triplet}`, '/lib64', '/usr/lib64', '/lib', '/usr/lib'];
}

/** Those, and the folders that it finds libraries of in ld.so.cache on the common distributions. */
export function libraryFolders(architecture: Architecture): readonly string[] {
  const local = [`/usr/local/lib/${TRIPLETS[architecture]}`, '/usr/local/lib', '/usr/local/lib64'];
  return [...local, ...ownFolders(architecture)];
}

/** The file that wants a library, and what its image says of where libraries are. */
export interface Wanting {
  /** Real path in the image. */
  readonly path: string;
  readonly elf: ElfFacts;
  readonly architecture: Architecture;
}

/** A library by its name, as the loader finds it for a file (ld.so(8)); undefined where it finds none. */
export function findLibrary(tree: ImageTree, name: string, from: Wanting): ImageNode | undefined {
  if (name.startsWith('/')) return fileAt(tree, name);
  return firstIn(tree, name, [...searchPathOf(from), ...libraryFolders(from.architecture)]);
}

/**
 * Whether the loader will find a library when the image is started: in its own folders, by the file's search path or
 * LD_LIBRARY_PATH, or named by ld.so.cache, whose bytes are given as text.
 */
export function isLoadable(
  tree: ImageTree,
  name: string,
  from: Wanting,
  image: { readonly libraryPath: readonly string[]; readonly cache: string },
): boolean {
  const folders = [...searchPathOf(from), ...image.libraryPath, ...ownFolders(from.architecture)];
  return firstIn(tree, name, folders) !== undefined || image.cache.includes(`/${name}\0`);
}

/** DT_RPATH and DT_RUNPATH; `$ORIGIN` is the folder of the file. */
function searchPathOf({ path, elf }: Wanting): readonly string[] {
  const origin = `/${path}`.slice(0, path.lastIndexOf('/') + 1);
  return elf.searchPath.map((folder) => folder.replace(/\$\{?ORIGIN\}?/g, origin));
}

function firstIn(tree: ImageTree, name: string, folders: readonly string[]): ImageNode | undefined {
  for (const folder of folders) {
    const node = fileAt(tree, `${folder}/${name}`);
    if (node !== undefined) return node;
  }
  return undefined;
}

function fileAt(tree: ImageTree, path: string): ImageNode | undefined {
  const node = tree.find(path);
  return node?.type === 'file' ? node : undefined;
}
