import { mlcError } from '@mlcontainer/plugin-kit';
import type { Entry } from '../entry.ts';
import { parentOf } from '../tar/path.ts';

export interface LintOptions {
  /** Paths that may carry setuid or setgid. */
  readonly allowSetid?: readonly string[];
}

/** Top-level names that are links to `usr/…` on a merged-usr root (Debian's usrmerge; FHS 3.0, 3.4 and 3.9). */
export const MERGED_USR: ReadonlySet<string> = new Set([
  'bin',
  'sbin',
  'lib',
  'lib32',
  'lib64',
  'libx32',
]);

const SETID = 0o6000;
const NAME_MAX = 255;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * The checks of one entry by itself: a clean relative path (MLC6016), no whiteout (MLC6015), nothing under a
 * merged-usr link (MLC6012), no setuid or setgid unless allowed (MLC6014), nothing but files, directories and
 * links (MLC6013).
 */
export function lintEntry(entry: Entry, options: LintOptions = {}): void {
  const { path } = entry;
  const fault = pathFault(path);
  if (fault !== undefined) throw mlcError('MLC6016', { path, detail: fault });
  if (path.startsWith('.wh.') || path.includes('/.wh.')) throw mlcError('MLC6015', { path });
  const [top = ''] = path.split('/', 1);
  const isLink = path === top && entry.type === 'symlink';
  if (MERGED_USR.has(top) && !isLink) throw mlcError('MLC6012', { path, link: top });
  if (!['file', 'directory', 'symlink', 'hardlink'].includes(entry.type)) {
    throw mlcError('MLC6013', { path, kind: String(entry.type) });
  }
  if ((entry.mode & SETID) !== 0 && options.allowSetid?.includes(path) !== true) {
    throw mlcError('MLC6014', { path, mode: entry.mode.toString(8) });
  }
  if (entry.type === 'symlink') lintTarget(entry.path, entry.target);
}

function lintTarget(path: string, target: string): void {
  const sound = target !== '' && target.isWellFormed() && !target.includes('\0');
  if (!sound) throw mlcError('MLC6016', { path, detail: `a link to ${JSON.stringify(target)}` });
}

function pathFault(path: string): string | undefined {
  if (path === '') return 'empty';
  if (!path.isWellFormed()) return 'not valid Unicode';
  if (CONTROL.test(path)) return 'control characters';
  const parts = path.split('/');
  if (parts.some((part) => part === '')) return 'empty part, or slash at an end';
  if (parts.some((part) => part === '.' || part === '..')) return '. or .. in it';
  if (parts.some((part) => part.length > NAME_MAX / 4 && Buffer.byteLength(part) > NAME_MAX)) {
    return `a part of more than ${NAME_MAX} bytes`;
  }
  return undefined;
}

/**
 * A lint over a whole layer, to be called with each entry in order: besides lintEntry's checks one entry a path
 * (MLC6010), each parent there before (MLC6011) and a directory (MLC6018), a hard link's target a file before it
 * (MLC6017). Sources: OCI image-spec layer.md ("duplicate", "Whiteouts", "Hardlinks").
 */
export function createLayerLint(options: LintOptions = {}): (entry: Entry) => void {
  const seen = new Map<string, Entry['type']>();
  return (entry) => {
    lintEntry(entry, options);
    const { path } = entry;
    if (seen.has(path)) throw mlcError('MLC6010', { path });
    const parent = parentOf(path);
    const above = parent === '' ? 'directory' : seen.get(parent);
    if (above === undefined) throw mlcError('MLC6011', { path, parent });
    if (above !== 'directory') throw mlcError('MLC6018', { path, parent });
    if (entry.type === 'hardlink' && !isFile(seen.get(entry.target))) {
      throw mlcError('MLC6017', { path, target: entry.target });
    }
    seen.set(path, entry.type);
  };
}

function isFile(type: Entry['type'] | undefined): boolean {
  return type === 'file' || type === 'hardlink' || type === 'symlink';
}
