import type { Entry } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { Change, Changes } from './changes.ts';
import { joined, splitPath, type LowerPlace, type LowerTree } from './lower.ts';
import { NOISE, noiseOf, type Noise } from './noise.ts';

/** How the changes of a step become a layer. */
export interface DiffOptions {
  /** Paths to leave out; `NOISE` when left out. */
  readonly noise?: readonly Noise[];
  /** What to do with setuid and setgid bits: leave them for the lint to refuse, or drop them. `keep` when left out. */
  readonly setid?: 'keep' | 'drop';
}

/** The layer of a step, and what was not taken. */
export interface Diff {
  /** Sorted by path; owners as the step left them, times 0, whiteouts as files named `.wh.…` (image-spec, layer.md). */
  readonly entries: readonly Entry[];
  /** Noise that the step left behind, sorted. */
  readonly ignored: readonly string[];
  /** Setuid bits and extended attributes that the layer does not have. */
  readonly dropped: readonly { readonly path: string; readonly what: string }[];
}

const SETID = 0o6000;

/**
 * The changes of a step as entries of a layer: what differs from the tree below, and nothing else. The result does
 * not depend on how the builder stores layers: opaque folders become plain whiteouts, of hard links the first path is
 * the file, a file that was written anew with the same bytes, owner and mode is no change, and a folder stands here
 * only when it differs or something in it does.
 *
 * Throws MLC6013 on devices, fifos and sockets.
 */
export async function diffEntries(
  changes: Changes,
  lower: LowerTree,
  options: DiffOptions = {},
): Promise<Diff> {
  const noise = options.noise ?? NOISE;
  const isNoise = (path: string): boolean => noiseOf(path, noise) !== undefined;
  const ignored = [...changes.changed.keys()].filter(isNoise).sort();
  const same = await unchanged(changes, lower);
  const real = [...changes.changed.values()].filter(
    ({ path }) => !isNoise(path) && !same.has(path),
  );
  const whiteouts = removedPaths(changes, lower).filter((path) => !isNoise(path));
  const kept = withoutHulls(real, whiteouts, ignored, lower);
  const paths = [...kept.map(({ path }) => path), ...whiteouts];
  const changed = new Map(kept.map((change) => [change.path, change]));
  for (const folder of parentsOf(paths)) {
    if (!changed.has(folder)) changed.set(folder, parentChange(folder, changes, lower));
  }
  const entries = [...toEntries(changed, changes, options), ...whiteouts.map(whiteout)];
  return {
    entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)),
    ignored,
    dropped: kept.flatMap((change) => droppedOf(change, options)),
  };
}

/** Without new folders that hold nothing but noise. */
function withoutHulls(
  changes: readonly Change[],
  whiteouts: readonly string[],
  ignored: readonly string[],
  lower: LowerTree,
): readonly Change[] {
  const noisy = parentsOf(ignored);
  const used = new Set(parentsOf(whiteouts));
  const kept: Change[] = [];
  // The deepest first, so that what is in a folder is decided before the folder itself.
  for (const change of changes.toSorted((a, b) => (a.path < b.path ? 1 : -1))) {
    const { path, type } = change;
    const fresh = type === 'directory' && lower.get(path) === undefined;
    if (fresh && noisy.has(path) && !used.has(path)) continue;
    kept.push(change);
    for (const folder of ancestors(path)) used.add(folder);
  }
  return kept;
}

/** Paths that the builder lists, but that are as they were. */
async function unchanged(changes: Changes, lower: LowerTree): Promise<ReadonlySet<string>> {
  const same = new Set<string>();
  const files: Change[] = [];
  for (const change of changes.changed.values()) {
    const before = lower.get(change.path);
    if (before === undefined || !alike(change, before)) continue;
    if (change.type === 'file') files.push(change);
    else same.add(change.path);
  }
  const hashes = await lower.hashes(files.map(({ path }) => path));
  for (const { path, content } of files) {
    if (hashes.get(path) === content?.sha256) same.add(path);
  }
  return same;
}

/** All but the bytes of a file. */
function alike(change: Change, before: LowerPlace): boolean {
  const { type, mode, uid, gid, target, content } = change;
  if (type !== before.type || uid !== before.uid || gid !== before.gid) return false;
  if (type === 'symlink') return target === before.target;
  if (mode !== before.mode) return false;
  return type === 'directory' || (type === 'file' && content?.size === before.size);
}

/** What the image below has and the step took away. */
function removedPaths(changes: Changes, lower: LowerTree): readonly string[] {
  const removed = [...changes.removed];
  for (const folder of changes.opaque) hideChildren(folder, changes, lower, removed);
  return [...new Set(removed)].filter((path) => {
    const before = lower.get(path);
    return before !== undefined && hasImagePath(path, before, lower) && inFolder(path, changes);
  });
}

/** Of a folder that was made anew: everything that stood in the old one and not in it. */
function hideChildren(folder: string, changes: Changes, lower: LowerTree, into: string[]): void {
  for (const name of lower.children(folder)) {
    const path = joined(folder, name);
    const now = changes.changed.get(path);
    if (now === undefined) into.push(path);
    else if (now.type === 'directory') hideChildren(path, changes, lower, into);
  }
}

/** A path that only the build container had needs no whiteout in the image. */
function hasImagePath(path: string, before: LowerPlace, lower: LowerTree): boolean {
  if (!before.buildOnly) return true;
  return lower.children(path).some((name) => {
    const child = lower.get(joined(path, name));
    return child !== undefined && hasImagePath(joined(path, name), child, lower);
  });
}

/** Not below something that is no folder any more, or that is gone as a whole. */
function inFolder(path: string, changes: Changes): boolean {
  return ancestors(path).every((folder) => {
    const now = changes.changed.get(folder);
    return (now === undefined || now.type === 'directory') && !changes.removed.has(folder);
  });
}

function parentsOf(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.flatMap(ancestors));
}

function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let at = splitPath(path).folder; at !== ''; at = splitPath(at).folder) found.push(at);
  return found;
}

/** A folder above a change, as it is: a layer that named it with other owners or modes would change it. */
function parentChange(path: string, changes: Changes, lower: LowerTree): Change {
  const known = changes.changed.get(path);
  if (known !== undefined) return known;
  const { mode, uid, gid } = lower.get(path) ?? { mode: 0o755, uid: 0, gid: 0 };
  return { path, type: 'directory', mode, uid, gid, xattrs: [] };
}

function* toEntries(
  changed: ReadonlyMap<string, Change>,
  changes: Changes,
  options: DiffOptions,
): Generator<Entry, void> {
  const files = new Map<number, string>();
  for (const path of [...changed.keys()].sort()) {
    const change = changed.get(path);
    if (change !== undefined) yield entryOf(change, files, changes, options);
  }
}

function entryOf(
  change: Change,
  files: Map<number, string>,
  changes: Changes,
  { setid = 'keep' }: DiffOptions,
): Entry {
  const { path, type, uid, gid, content } = change;
  const mode = setid === 'drop' ? change.mode & ~SETID : change.mode;
  const facts = { path, mode, uid, gid };
  if (type === 'directory') return { ...facts, type };
  if (type === 'symlink') return { ...facts, type, mode: 0o777, target: change.target ?? '' };
  if (content === undefined) throw mlcError('MLC6013', { path, kind: type });
  const first = files.get(content.offset);
  if (first !== undefined && content.size > 0) return { ...facts, type: 'hardlink', target: first };
  files.set(content.offset, path);
  const { size } = content;
  return {
    ...facts,
    type: 'file',
    content: { kind: 'stream', size, open: () => changes.open(content) },
  };
}

function whiteout(path: string): Entry {
  const { folder, name } = splitPath(path);
  const content = { kind: 'bytes', bytes: new Uint8Array(0) } as const;
  return { type: 'file', path: joined(folder, `.wh.${name}`), mode: 0o644, content };
}

function droppedOf({ path, mode, type, xattrs }: Change, { setid = 'keep' }: DiffOptions) {
  const bits = setid === 'drop' && type === 'file' && (mode & SETID) !== 0;
  return [...(bits ? [`mode ${mode.toString(8)}`] : []), ...xattrs].map((what) => ({ path, what }));
}
