import { mlcError } from '@mlcontainer/plugin-kit';
import type { TarEntryFacts, TarEntryType } from '../tar/resolve.ts';
import { parentOf } from '../tar/path.ts';

/** What stands at a path of an image once all its layers are laid. */
export interface ImageNode {
  /** Real path: relative, no part of it a link; `''` is the root. */
  readonly path: string;
  readonly type: Exclude<TarEntryType, 'hardlink'>;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of a file. */
  readonly size: number;
  /** Of a symbolic link, as it stands there. */
  readonly target?: string;
  /** The layer that brought it, counted from 0, and its entry's path there; for a hard link, that of the file. */
  readonly origin: { readonly layer: number; readonly path: string };
}

/** The merged file tree of an image's layers: names and facts, no contents. */
export interface ImageTree {
  /** What follows belongs to the next layer. */
  startLayer(): void;
  /** Lays one entry (image-spec, layer.md, "Applying Changesets" and "Whiteouts"). */
  apply(entry: TarEntryFacts): void;
  /** Follows links, as the kernel does below this root; undefined where nothing stands, or links go round. */
  find(path: string): ImageNode | undefined;
  /** Does not follow a link in the last name. */
  findLink(path: string): ImageNode | undefined;
  /** Names in a folder, sorted; none where there is no folder. */
  list(path: string): readonly string[];
  /** Every node below a folder, in no promised order, links not followed. */
  below(path: string): Iterable<ImageNode>;
}

/** Limits on a merged tree. */
export interface ImageTreeOptions {
  /** Names at most, also those that a later layer hides; 1,000,000 when left out. */
  readonly maxEntries?: number;
}

interface Node {
  type: ImageNode['type'];
  mode: number;
  size: number;
  target: string | undefined;
  layer: number;
  /** Where it is not its own layer and path. */
  origin: ImageNode['origin'] | undefined;
  readonly children: Map<string, Node>;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const MAX_LINKS = 40;
/** Of all that are no folders: a map for each would be most of a tree's memory. Never added to. */
const NO_CHILDREN = new Map<string, Node>();
/** Of folders that are there only because something is hidden in them. */
const NOBODY = -1;

interface Place {
  readonly node: Node;
  readonly path: string;
  /** The folders from the root to it. */
  readonly above: readonly Place[];
}

/**
 * An empty tree. An entry whose folder is a link in the layers below is laid where the link leads, as `tar` and
 * runtimes without overlayfs do. Throws MLC6006
 * past the limit, MLC6007 for what cannot be laid.
 */
export function createImageTree(options: ImageTreeOptions = {}): ImageTree {
  const root = newFolder(NOBODY);
  const { maxEntries = 1_000_000 } = options;
  let layer = -1;
  let entries = 0;
  // The folder of the entry before: most stand beside each other, and finding it is most of the work.
  let beside: { readonly path: string; readonly place: Place } | undefined;

  function apply(entry: TarEntryFacts): void {
    entries += 1;
    if (entries > maxEntries) {
      const detail = `more than ${maxEntries} entries`;
      throw mlcError('MLC6006', { archive: 'image', detail });
    }
    if (entry.path === '') {
      root.mode = entry.mode;
      return;
    }
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const parent = parentOf(entry.path);
    if (name.startsWith(WHITEOUT)) {
      beside = undefined;
      const { node } = folderAt(root, parent, NOBODY);
      if (name === OPAQUE) hideBelow(node, layer);
      else hide(node, hiddenName(name, entry.path), layer);
      return;
    }
    if (beside?.path !== parent) beside = { path: parent, place: folderFor(root, parent, layer) };
    const { place } = beside;
    // A link may lead elsewhere from now on, and what was a folder may be none any more.
    const replaces =
      entry.type !== 'directory' && place.node.children.get(name)?.type === 'directory';
    lay(root, place, name, entry, layer);
    if (entry.type === 'symlink' || replaces) beside = undefined;
  }

  const find = (path: string, last: boolean): ImageNode | undefined => {
    const place = walk(root, path, last);
    return place === undefined ? undefined : toNode(place);
  };
  return {
    startLayer: () => {
      layer += 1;
      beside = undefined;
    },
    apply,
    find: (path) => find(path, true),
    findLink: (path) => find(path, false),
    list: (path) => [...(walk(root, path, true)?.node.children.keys() ?? [])].sort(),
    below: (path) => belowOf(walk(root, path, true)),
  };
}

function* belowOf(place: Place | undefined): Generator<ImageNode> {
  const left = place === undefined ? [] : [place];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const [name, node] of at.node.children) {
      const child = { node, path: joined(at.path, name), above: [] };
      yield toNode(child);
      if (node.type === 'directory') left.push(child);
    }
  }
}

function toNode({ node, path }: Place): ImageNode {
  const { type, mode, size, target, origin = { layer: node.layer, path } } = node;
  return { path, type, mode, size, origin, ...(target !== undefined && { target }) };
}

function newFolder(layer: number): Node {
  return {
    type: 'directory',
    mode: 0o755,
    size: 0,
    target: undefined,
    layer,
    origin: undefined,
    children: new Map(),
  };
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The folder at a path, made for a layer where it is missing, also behind a link that leads to nothing. */
function folderAt(root: Node, path: string, layer: number): Place {
  const place = walk(root, path, true, layer);
  if (place?.node.type === 'directory') return place;
  throw mlcError('MLC6007', { path, detail: 'something else is where a folder should be' });
}

/** The folder of an entry. It and those above it belong to the layer from now on. */
function folderFor(root: Node, path: string, layer: number): Place {
  const place = folderAt(root, path, layer);
  for (const one of place.above) one.node.layer = layer;
  place.node.layer = layer;
  return place;
}

function lay(root: Node, place: Place, name: string, entry: TarEntryFacts, layer: number): void {
  const { children } = place.node;
  const known = children.get(name);
  if (entry.type === 'hardlink') {
    const linked = walk(root, entry.target ?? '', false);
    if (linked === undefined || linked.node.type === 'directory') {
      throw mlcError('MLC6007', { path: entry.path, detail: `a hard link to ${entry.target}` });
    }
    // One file under two names; both show the same bytes.
    children.set(name, { ...linked.node, layer, origin: toNode(linked).origin });
    return;
  }
  const { type, mode, size, target, path } = entry;
  if (type === 'directory' && known?.type === 'directory') {
    Object.assign(known, { mode, layer });
    return;
  }
  const origin = joined(place.path, name) === path ? undefined : { layer, path };
  const below = type === 'directory' ? new Map<string, Node>() : NO_CHILDREN;
  children.set(copied(name), { type, mode, size, target, layer, origin, children: below });
}

/** A part of a string keeps all of it in memory. */
function copied(name: string): string {
  return Buffer.from(name).toString();
}

function hiddenName(name: string, path: string): string {
  const hidden = name.slice(WHITEOUT.length);
  if (['', '.', '..'].includes(hidden)) {
    throw mlcError('MLC6007', { path, detail: 'a whiteout of nothing' });
  }
  return hidden;
}

/** A whiteout hides what the layers below have under a name, not what its own layer puts there. */
function hide(folder: Node, name: string, layer: number): void {
  const child = folder.children.get(name);
  if (child === undefined) return;
  if (child.layer !== layer) folder.children.delete(name);
  else hideBelow(child, layer);
}

/** An opaque whiteout hides what the layers below put into a folder, not what its own layer does. */
function hideBelow(folder: Node, layer: number): void {
  for (const [name, child] of folder.children) {
    if (child.layer !== layer) folder.children.delete(name);
    else hideBelow(child, layer);
  }
}

/**
 * As the kernel walks after a chroot: an absolute link starts at the root, `..` stops there. With a layer, folders that
 * are missing are made for it.
 */
function walk(root: Node, path: string, last: boolean, making?: number): Place | undefined {
  const left = path.split('/').reverse();
  const start: Place = { node: root, path: '', above: [] };
  const above: Place[] = [];
  let at = start;
  let links = 0;
  while (left.length > 0) {
    const name = left.pop() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = above.pop() ?? at;
      continue;
    }
    const node = at.node.children.get(name) ?? made(at, name, making);
    if (node === undefined) return undefined;
    if (node.type === 'symlink' && (last || left.length > 0)) {
      links += 1;
      if (links > MAX_LINKS) return undefined;
      const target = node.target ?? '';
      if (target.startsWith('/')) {
        above.length = 0;
        at = start;
      }
      left.push(...target.split('/').reverse());
      continue;
    }
    above.push(at);
    at = { node, path: joined(at.path, name), above: [] };
  }
  return { ...at, above };
}

function made(at: Place, name: string, layer: number | undefined): Node | undefined {
  if (layer === undefined || at.node.type !== 'directory') return undefined;
  const node = newFolder(layer);
  at.node.children.set(name, node);
  return node;
}
