import type { ImageNode, ImageTree } from '@mlcontainer/oci';
import type { Architecture } from '@mlcontainer/plugin-kit';
import type { ElfFacts } from './elf.ts';

const TRIPLETS: Readonly<Record<Architecture, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** Folders that the loader searches by itself, or by the ld.so.conf that the common distributions ship. */
export function libraryFolders(architecture: Architecture): readonly string[] {
  const triplet = TRIPLETS[architecture];
  return [
    ...[`/usr/local/lib/${triplet}`, '/usr/local/lib', '/usr/local/lib64'],
    ...[`/lib/${triplet}`, `/usr/lib/${triplet}`, '/lib64', '/usr/lib64', '/lib', '/usr/lib'],
  ];
}

/** A library by its name, as the loader finds it for a file (ld.so(8)); undefined where it finds none. */
export function findLibrary(
  tree: ImageTree,
  name: string,
  from: { readonly path: string; readonly elf: ElfFacts; readonly architecture: Architecture },
): ImageNode | undefined {
  if (name.startsWith('/')) return fileAt(tree, name);
  const origin = `/${from.path}`.slice(0, from.path.lastIndexOf('/') + 1);
  const own = from.elf.searchPath.map((folder) => folder.replace(/\$\{?ORIGIN\}?/g, origin));
  for (const folder of [...own, ...libraryFolders(from.architecture)]) {
    const node = fileAt(tree, `${folder}/${name}`);
    if (node !== undefined) return node;
  }
  return undefined;
}

function fileAt(tree: ImageTree, path: string): ImageNode | undefined {
  const node = tree.find(path);
  return node?.type === 'file' ? node : undefined;
}
