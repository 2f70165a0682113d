import type { Entry } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import { parentOf } from './paths.ts';

/** One path of a layer, and who laid it. */
interface Place {
  readonly type: Entry['type'];
  readonly owner: string;
  readonly target?: string;
}

/** What stands in a layer so far; nothing is written to a disk, so nothing can be written through a link. */
export interface LayerTree {
  /**
   * Places an entry. Returns what to emit: missing parents first, nothing for a directory or a link that is there
   * already. Throws MLC4040 when the path is another's, MLC4042 when a parent is no directory.
   */
  place(entry: Entry, owner: string): readonly Entry[];
  get(path: string): Place | undefined;
}

/** Modes that hold wherever the directory first appears, so that a layer's bytes do not depend on its neighbours. */
const MODES: Readonly<Record<string, number>> = {
  root: 0o700,
  'run/lock': 0o1777,
  tmp: 0o1777,
  'var/local': 0o755,
  'var/tmp': 0o1777,
};

/** An empty layer. */
export function createLayerTree(): LayerTree {
  const places = new Map<string, Place>();

  function parents(path: string, owner: string): Entry[] {
    const parent = parentOf(path);
    if (parent === '') return [];
    const known = places.get(parent);
    if (known?.type === 'directory') return [];
    if (known !== undefined) {
      const detail = `${parent} is a ${known.type} of ${known.owner}`;
      throw mlcError('MLC4042', { deb: owner, path, detail });
    }
    const above = parents(parent, owner);
    places.set(parent, { type: 'directory', owner });
    return [...above, directory(parent, 0o755)];
  }

  return {
    get: (path) => places.get(path),
    place(entry, owner) {
      const known = places.get(entry.path);
      if (known !== undefined) {
        mergeOrRefuse(entry, known, owner);
        return [];
      }
      const above = parents(entry.path, owner);
      places.set(entry.path, placeOf(entry, owner));
      return [
        ...above,
        entry.type === 'directory' ? directory(entry.path, entry.mode, entry) : entry,
      ];
    },
  };
}

function placeOf(entry: Entry, owner: string): Place {
  const { type } = entry;
  return { type, owner, ...(type === 'symlink' && { target: entry.target }) };
}

/** A directory without time and without setgid: many packages ship the same one with different ones. */
function directory(path: string, mode: number, from?: Entry): Entry {
  const fixed = MODES[path];
  const owned = fixed === undefined && from?.uid !== undefined && from.gid !== undefined;
  return {
    type: 'directory',
    path,
    mode: fixed ?? mode & 0o1777,
    ...(owned && { uid: from.uid ?? 0, gid: from.gid ?? 0 }),
  };
}

function mergeOrRefuse(entry: Entry, known: Place, owner: string): void {
  if (entry.type === 'directory' && known.type === 'directory') return;
  if (entry.type === 'symlink' && known.type === 'symlink' && entry.target === known.target) return;
  const detail = `a ${known.type} and a ${entry.type}`;
  throw mlcError('MLC4040', { path: entry.path, first: known.owner, second: owner, detail });
}
