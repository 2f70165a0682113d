import { chmodSync, lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Turns paths of an image into paths of the host that are surely inside the root. */
export interface Resolver {
  /** The real folder of an image path, links followed inside the root only; made where it is missing. */
  folder(path: string): string;
  /** The host path of an entry: its folder resolved, the last name taken as it is. */
  entry(path: string): string;
  /** What is known about a host path, and below it, no longer holds. */
  forget(path: string): void;
}

const MAX_LINKS = 255;

/**
 * Resolves as the kernel would after a chroot: an absolute link starts at the root, `..` stops there. So no link of a
 * layer leads an entry of a later one out of the folder.
 */
export function createResolver(root: string): Resolver {
  const real = new Set<string>([root]);
  const folder = (path: string): string => walk(root, path, real);
  return {
    folder,
    entry: (path) => {
      const at = path.lastIndexOf('/');
      return join(folder(path.slice(0, Math.max(at, 0))), path.slice(at + 1));
    },
    forget: (path) => {
      for (const known of real)
        if (known !== root && (known === path || known.startsWith(`${path}/`))) real.delete(known);
    },
  };
}

function walk(root: string, path: string, real: Set<string>): string {
  const direct = path === '' ? root : `${root}/${path}`;
  if (real.has(direct)) return direct;
  const left = path.split('/').reverse();
  let current = root;
  let links = 0;
  while (left.length > 0) {
    const name = left.pop() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (current !== root) current = dirname(current);
      continue;
    }
    const next = `${current}/${name}`;
    const target = real.has(next) ? undefined : linkOrFolder(next);
    if (target === undefined) {
      real.add(next);
      current = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new Error('too many symbolic links');
    if (target.startsWith('/')) current = root;
    left.push(...target.split('/').reverse());
  }
  return current;
}

/** The target where a link stands; otherwise undefined, and there is a folder. */
function linkOrFolder(path: string): string | undefined {
  const known = lstatSync(path, { throwIfNoEntry: false });
  if (known === undefined) {
    mkdirSync(path);
    chmodSync(path, 0o755); // whatever the umask
  } else if (known.isSymbolicLink()) return readlinkSync(path);
  else if (!known.isDirectory()) throw new Error(`${path} is not a folder`);
  return undefined;
}
