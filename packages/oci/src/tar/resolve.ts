import { mlcError } from '@mlcontainer/plugin-kit';
import { MAX_OCTAL_SIZE } from './format.ts';
import type { RawHeader } from './header.ts';
import type { Meta } from './meta.ts';
import { decodeName, normalisePath } from './path.ts';

/** What an entry of a foreign tar is. */
export type TarEntryType =
  'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo';

/** The facts of an entry, without its content. */
export interface TarEntryFacts {
  /** Relative, without `./` and slash at the end; `''` is the root itself. */
  readonly path: string;
  readonly type: TarEntryType;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  /** Bytes of content; 0 for anything but a file. */
  readonly size: number;
  /** A symlink's target as it stands there; a hardlink's as a normalised path. */
  readonly target?: string;
  /** Names of extended attributes (`security.capability`); their values are dropped. */
  readonly xattrs: readonly string[];
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
};

/**
 * Joins a header with what meta entries said about it.
 * Throws MLC6003 (unsafe path), MLC6004 (sparse, multi-volume, unknown types), MLC6005 (headers that contradict).
 */
export function resolveEntry(header: RawHeader, meta: Meta, archive: string): TarEntryFacts {
  const rawPath = nameOf(header, meta, archive);
  const size = sizeOf(header, meta, archive, rawPath);
  const type = typeOf(header, meta, archive, rawPath, size);
  const path = normalisePath(rawPath, archive);
  if (path === '' && type !== 'directory') {
    throw mlcError('MLC6003', { archive, path: rawPath, detail: `the root as a ${type}` });
  }
  const target = targetOf(header, meta, type, archive, rawPath);
  return {
    path,
    type,
    mode: header.mode,
    uid: meta.pax?.uid ?? header.uid,
    gid: meta.pax?.gid ?? header.gid,
    mtime: meta.pax?.mtime ?? header.mtime,
    size,
    ...(target !== undefined && { target }),
    xattrs: meta.pax?.xattrs ?? [],
  };
}

function nameOf(header: RawHeader, meta: Meta, archive: string): string {
  if (meta.pax?.path !== undefined) return meta.pax.path;
  if (meta.longName !== undefined) return decode(meta.longName, archive);
  const name = decode(header.name, archive);
  return header.prefix.length === 0 ? name : `${decode(header.prefix, archive)}/${name}`;
}

function decode(bytes: Uint8Array, archive: string): string {
  const name = decodeName(bytes);
  if (name !== undefined) return name;
  throw mlcError('MLC6003', {
    archive,
    path: Buffer.from(bytes).toString('latin1'),
    detail: 'not UTF-8',
  });
}

/** A PAX size counts only where the header could not say it: else one reader would skip what another reads. */
function sizeOf(header: RawHeader, meta: Meta, archive: string, path: string): number {
  const size = meta.pax?.size;
  if (size === undefined || size === header.size) return header.size;
  // GNU tar and Python write 0 there, libarchive the largest number that fits.
  const saysNothing = header.size === 0 || header.size === MAX_OCTAL_SIZE;
  if (size > MAX_OCTAL_SIZE && saysNothing) return size;
  const detail = `size ${header.size} in the header, ${size} in PAX`;
  throw mlcError('MLC6005', { archive, path, detail });
}

function typeOf(
  header: RawHeader,
  meta: Meta,
  archive: string,
  path: string,
  size: number,
): TarEntryType {
  const type = TYPES[header.flag];
  const odd =
    meta.pax?.unsupported ??
    (type === undefined ? `the entry type ${JSON.stringify(header.flag)}` : undefined);
  if (type === undefined || odd !== undefined)
    throw mlcError('MLC6004', { archive, path, detail: odd ?? '' });
  if (type !== 'file' && size !== 0) {
    throw mlcError('MLC6005', { archive, path, detail: `a ${type} with ${size} bytes of content` });
  }
  if (type !== 'file' || !path.endsWith('/')) return type;
  // Before ustar had a type for it, a directory was a file whose name ends with a slash.
  if (size === 0) return 'directory';
  throw mlcError('MLC6005', { archive, path, detail: 'a file named like a directory' });
}

function targetOf(
  header: RawHeader,
  meta: Meta,
  type: TarEntryType,
  archive: string,
  path: string,
): string | undefined {
  const explicit = meta.pax?.linkPath ?? (meta.longLink && decode(meta.longLink, archive));
  if (type !== 'symlink' && type !== 'hardlink') {
    if (explicit === undefined) return undefined;
    throw mlcError('MLC6005', { archive, path, detail: `a ${type} with a link target` });
  }
  const target = explicit ?? decode(header.linkName, archive);
  if (target === '')
    throw mlcError('MLC6005', { archive, path, detail: `a ${type} without target` });
  return type === 'hardlink' ? normalisePath(target, archive) : target;
}
