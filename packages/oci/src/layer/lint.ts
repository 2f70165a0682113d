import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';
import { parentOf } from '../tar/path.ts';

/** Exceptions from the lints on layer entries. */
export interface LintOptions {
  /** Paths that may carry setuid or setgid. */
  readonly allowSetid?: readonly string[];
  /** Whiteouts are meant: the layer is the difference that a step left. */
  readonly allowWhiteouts?: boolean;
  /**
   * The archive is a folder of an artifact and no layer of an image: everything stands under this path, whose own
   * parents are not in it, and names that mean something in a root filesystem (merged-usr, whiteouts) mean nothing.
   */
  readonly under?: string;
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

const LAYER_TYPES: ReadonlySet<string> = new Set(['file', 'directory', 'symlink', 'hardlink']);
const SETID = 0o6000;
const NAME_MAX = 255;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f]/;

/** What the lints look at; entries of foreign layers may be more than files, directories and links. */
export interface LintedEntry {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly target?: string;
}

/**
 * The checks of one entry by itself: a clean relative path (MLC6016), no whiteout unless allowed (MLC6015), nothing under a
 * merged-usr link (MLC6012), no setuid or setgid unless allowed (MLC6014), nothing but files, directories and
 * links (MLC6013). Throws the first that fails.
 */
export function lintEntry(entry: LintedEntry, options: LintOptions = {}): void {
  for (const fault of entryFaults(entry, options)) throw fault;
}

/**
 * A lint over a whole layer, to be called with each entry in order: besides lintEntry's checks one entry a path
 * (MLC6010), each parent there before (MLC6011) and a directory (MLC6018), a hard link's target a file before it
 * (MLC6017). Throws the first that fails. Sources: OCI image-spec layer.md ("Change Types", "Whiteouts").
 */
export function createLayerLint(options: LintOptions = {}): (entry: LintedEntry) => void {
  const faults = createLayerFaults(options);
  return (entry) => {
    for (const fault of faults(entry)) throw fault;
  };
}

/** Like createLayerLint, but gives every fault and goes on. */
export function createLayerFaults(
  options: LintOptions = {},
): (entry: LintedEntry) => Iterable<MlcError> {
  const seen = new Map<string, string>();
  return (entry) => {
    const faults = [...entryFaults(entry, options), ...placeFaults(entry, seen, options)];
    seen.set(entry.path, entry.type);
    return faults;
  };
}

function* entryFaults(entry: LintedEntry, options: LintOptions): Generator<MlcError, void> {
  const { path, type, mode } = entry;
  const fault = pathFault(path);
  if (fault !== undefined) yield mlcError('MLC6016', { path, detail: fault });
  if (options.under === undefined) yield* rootFaults(entry, options);
  if (!LAYER_TYPES.has(type)) yield mlcError('MLC6013', { path, kind: type });
  if ((mode & SETID) !== 0 && options.allowSetid?.includes(path) !== true) {
    yield mlcError('MLC6014', { path, mode: mode.toString(8) });
  }
  if (type === 'symlink' && !isTarget(entry.target)) {
    yield mlcError('MLC6016', { path, detail: `a link to ${JSON.stringify(entry.target)}` });
  }
}

/** Names with a meaning in a root filesystem. */
function* rootFaults({ path, type }: LintedEntry, options: LintOptions): Generator<MlcError, void> {
  if (options.allowWhiteouts !== true && (path.startsWith('.wh.') || path.includes('/.wh.')))
    yield mlcError('MLC6015', { path });
  const slash = path.indexOf('/');
  const top = slash < 0 ? path : path.slice(0, slash);
  if (MERGED_USR.has(top) && (slash >= 0 || type !== 'symlink'))
    yield mlcError('MLC6012', { path, link: top });
}

function* placeFaults(
  entry: LintedEntry,
  seen: ReadonlyMap<string, string>,
  { under }: LintOptions,
): Generator<MlcError, void> {
  const { path } = entry;
  if (seen.has(path)) yield mlcError('MLC6010', { path });
  const parent = parentOf(path);
  const isTop = parent === '' || (path === under && parent === parentOf(under));
  const above = isTop ? 'directory' : seen.get(parent);
  if (above === undefined) yield mlcError('MLC6011', { path, parent });
  else if (above !== 'directory') yield mlcError('MLC6018', { path, parent });
  if (entry.type !== 'hardlink') return;
  const target = entry.target ?? '';
  const linked = seen.get(target);
  if (linked === undefined || linked === 'directory') yield mlcError('MLC6017', { path, target });
}

function isTarget(target: string | undefined): boolean {
  return target !== undefined && target !== '' && target.isWellFormed() && !target.includes('\0');
}

function pathFault(path: string): string | undefined {
  if (path === '') return 'empty';
  if (!path.isWellFormed()) return 'not valid Unicode';
  if (CONTROL.test(path)) return 'control characters';
  const parts = path.split('/');
  if (parts.some((part) => part === '')) return 'empty part, or slash at an end';
  if (parts.some((part) => part === '.' || part === '..')) return '. or .. in it';
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (parts.some((part) => part.length > NAME_MAX / 3 && Buffer.byteLength(part) > NAME_MAX)) {
    return `a part of more than ${NAME_MAX} bytes`;
  }
  return undefined;
}
