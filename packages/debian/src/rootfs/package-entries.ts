import type { Entry, TarEntry } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { OpenDeb } from '../deb/deb.ts';
import { placedPath } from './paths.ts';

/** An entry of a package, where it lands in the image. A file's content must be read before the next entry. */
export interface PackageEntry {
  readonly entry: Entry;
  /** Setuid or setgid bits, or extended attributes, that were dropped. */
  readonly dropped: readonly string[];
}

const SETID = 0o6000;

/**
 * The entries of a package's data archive with paths on a merged-usr root; targets of hard links are paths too,
 * those of symbolic links stay as they are. Setuid, setgid and capabilities are dropped: they give rights that a
 * server must not have. Throws MLC4041 on devices and fifos, and what the tar reader throws.
 */
export async function* packageEntries(
  deb: OpenDeb,
  signal: AbortSignal,
): AsyncGenerator<PackageEntry, void> {
  for await (const tarEntry of deb.entries(signal)) {
    if (tarEntry.path === '') continue;
    const entry = entryOf(tarEntry, deb);
    if (isMergedUsrLink(tarEntry)) continue;
    yield { entry, dropped: droppedOf(tarEntry) };
  }
}

/** Since trixie base-files ships the links of a merged-usr root, which the skeleton has too: bin → usr/bin. */
function isMergedUsrLink({ type, path }: TarEntry): boolean {
  return type === 'symlink' && !path.includes('/') && placedPath(path) !== path;
}

function droppedOf(tarEntry: TarEntry): string[] {
  const setid = tarEntry.type === 'file' && (tarEntry.mode & SETID) !== 0;
  return [...(setid ? [`mode ${tarEntry.mode.toString(8)}`] : []), ...tarEntry.xattrs];
}

function entryOf(tarEntry: TarEntry, deb: OpenDeb): Entry {
  const { uid, gid, mtime, size, content } = tarEntry;
  const path = placedPath(tarEntry.path);
  const mode = tarEntry.mode & 0o1777;
  const target = tarEntry.target ?? '';
  switch (tarEntry.type) {
    case 'directory':
      return { type: 'directory', path, mode, uid, gid };
    case 'symlink':
      return { type: 'symlink', path, mode: 0o777, uid, gid, mtime, target };
    case 'hardlink':
      return {
        type: 'hardlink',
        path,
        mode: mode & 0o777,
        uid,
        gid,
        mtime,
        target: placedPath(target),
      };
    case 'file': {
      const body = { kind: 'stream', size, open: () => content } as const;
      return { type: 'file', path, mode: mode & 0o777, uid, gid, mtime, content: body };
    }
    default:
      throw mlcError('MLC4041', { deb: deb.name, path: tarEntry.path, kind: tarEntry.type });
  }
}
