import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { TarEntry } from '@mlcontainer/oci';
import { createResolver, type Resolver } from './resolve-path.ts';

/** A root filesystem that grows layer by layer. */
export interface Tree {
  /** What follows belongs to the next layer: an opaque whiteout spares it. */
  startLayer(): void;
  /** Lays one entry, following the layer rules of the OCI image specification (layer.md). */
  apply(entry: TarEntry): Promise<void>;
  /** Sets what had to wait: the modes of folders that entries were written into. */
  finish(): void;
}

interface State {
  readonly root: string;
  readonly paths: Resolver;
  /** Host paths that the current layer laid, and the folders above them. */
  readonly laid: Set<string>;
  readonly folderModes: Map<string, number>;
  readonly owners: boolean;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * A tree in an empty folder. File calls are synchronous on purpose: a layer has tens of thousands of small files, and
 * each trip through the thread pool costs more than the call.
 */
export function createTree(root: string): Tree {
  const owners = process.getuid?.() === 0;
  const state: State = {
    root,
    paths: createResolver(root),
    laid: new Set(),
    folderModes: new Map(),
    owners,
  };
  return {
    startLayer: () => state.laid.clear(),
    apply: (entry) => apply(state, entry),
    finish: () => {
      for (const [path, mode] of state.folderModes) chmodSync(path, mode);
    },
  };
}

async function apply(state: State, entry: TarEntry): Promise<void> {
  if (entry.path === '') return setFolder(state, state.root, entry);
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const parent = state.paths.folder(entry.path.slice(0, -name.length - 1));
  if (name === OPAQUE) return clear(state, parent);
  if (name.startsWith(WHITEOUT)) return remove(state, join(parent, hiddenName(name)));
  const path = join(parent, name);
  makeRoom(state, path, entry.type === 'directory');
  markLaid(state, path);
  await lay(state, path, entry);
}

/** The folders above count too, whether the layer names them or not. */
function markLaid({ root, laid }: State, path: string): void {
  for (let at = path; at !== root && !laid.has(at); at = dirname(at)) laid.add(at);
}

/** The name that a whiteout hides; one that is no name would remove the folder itself, or the one above. */
function hiddenName(name: string): string {
  const hidden = name.slice(WHITEOUT.length);
  if (['', '.', '..'].includes(hidden)) throw new Error('a whiteout of nothing');
  return hidden;
}

async function lay(state: State, path: string, entry: TarEntry): Promise<void> {
  switch (entry.type) {
    case 'directory':
      mkdirSync(path, { recursive: true });
      return setFolder(state, path, entry);
    case 'file':
      return layFile(state, path, entry);
    case 'symlink':
      symlinkSync(entry.target ?? '', path);
      if (state.owners) lchownSync(path, entry.uid, entry.gid);
      return;
    case 'hardlink':
      return linkSync(state.paths.entry(entry.target ?? ''), path);
    case 'character-device':
    case 'block-device':
    case 'fifo':
      return;
  }
}

async function layFile(state: State, path: string, entry: TarEntry): Promise<void> {
  const file = openSync(path, 'wx', 0o600);
  try {
    for await (const chunk of entry.content) writeAll(file, chunk);
    // The owner first: a change of owner clears setuid.
    if (state.owners) fchownSync(file, entry.uid, entry.gid);
    fchmodSync(file, state.owners ? entry.mode : entry.mode & 0o777);
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
}

/** The mode waits until the end: into a folder that nobody may write, this process still has to. */
function setFolder(state: State, path: string, entry: TarEntry): void {
  if (state.owners) lchownSync(path, entry.uid, entry.gid);
  // Without root, the owner keeps access, or the folder could not be removed later.
  state.folderModes.set(path, state.owners ? entry.mode : (entry.mode & 0o1777) | 0o700);
}

/** Takes away what an entry replaces; a folder over a folder keeps what is in it. */
function makeRoom(state: State, path: string, folder: boolean): void {
  const known = lstatSync(path, { throwIfNoEntry: false });
  if (known === undefined || (folder && known.isDirectory())) return;
  remove(state, path);
}

function remove(state: State, path: string): void {
  rmSync(path, { recursive: true, force: true });
  forget(state, path);
}

function forget(state: State, path: string): void {
  state.paths.forget(path);
  for (const known of state.folderModes.keys())
    if (known === path || known.startsWith(`${path}/`)) state.folderModes.delete(known);
}

/** An opaque whiteout hides what lower layers put into the folder, not what its own layer does. */
function clear(state: State, folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!state.laid.has(path)) remove(state, path);
    else if (lstatSync(path).isDirectory()) clear(state, path);
  }
}
