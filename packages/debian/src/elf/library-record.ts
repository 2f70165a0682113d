import type { LibraryMachine } from './elf.ts';

/** A shared library, or a link that may lead to one; JSON, so that it can be kept beside a layer. */
export type LibraryRecord =
  | {
      readonly kind: 'library';
      /** In the image, relative, as entries have it. */
      readonly path: string;
      readonly machine: LibraryMachine;
      readonly soname?: string;
    }
  | {
      readonly kind: 'link';
      /** In the image, relative, as entries have it. */
      readonly path: string;
      /** As it stands in the link. */
      readonly target: string;
    };

/** Whether a path has the name of a shared library: `lib*` or `ld-*`, with `.so` in it (ldconfig(8)). */
export function isLibraryName(path: string): boolean {
  return /(?:^|\/)(?:lib|ld-)[^/]*\.so[^/]*$/.test(path) && !path.endsWith('-gdb.py');
}

/** Whether a link may stand on the way to a library: it has such a name, or is one of the alternatives. */
export function isLibraryLink(path: string): boolean {
  return isLibraryName(path) || path.startsWith('etc/alternatives/');
}
