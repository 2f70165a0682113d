import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { errno } from './faults.ts';

/** The version of the folder structure; another version lives beside it and shares nothing. */
const VERSION = 'v1';

/** Cache Directory Tagging Specification (bford.info/cachedir): backup tools leave the folder out. */
const CACHE_TAG =
  'Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of mlcontainer; it may be removed at any time.\n';

/** The parts of a store. */
export type Area = 'blobs' | 'seals' | 'records' | 'folders' | 'tmp';

/** Folders beside the versioned one, in which the command line keeps code between runs: compiled, and bundled configs. */
export const CODE_FOLDERS = ['compiled', 'configs'] as const;

/** One store folder, and where things stand in it. */
export interface Layout {
  readonly root: string;
  area(area: Area): string;
  /** Folder segments below the root of a blob or its seal. */
  blob(sha256: string): readonly string[];
  seal(sha256: string): readonly string[];
  record(kind: string, key: string): readonly string[];
  folder(kind: string, key: string): readonly string[];
  path(segments: readonly string[]): string;
  /** Folders that this process found, or made, to be real ones. */
  readonly real: Set<string>;
}

/** The layout of the store at `root`. */
export function createLayout(root: string): Layout {
  return {
    root,
    area: (area) => join(root, VERSION, area),
    blob: (sha256) => [VERSION, 'blobs', 'sha256', sha256.slice(0, 2), checkHash(sha256)],
    seal: (sha256) => [VERSION, 'seals', sha256.slice(0, 2), checkHash(sha256)],
    record: (kind, key) => [VERSION, 'records', checkKind(kind), keyHash(key)],
    folder: (kind, key) => [VERSION, 'folders', checkKind(kind), keyHash(key)],
    path: (segments) => join(root, ...segments),
    real: new Set(),
  };
}

function checkHash(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError(`Not a hex SHA-256: ${sha256}`);
  return sha256;
}

function checkKind(kind: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,63}$/.test(kind)) throw new RangeError(`Not a store kind: ${kind}`);
  return kind;
}

function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Creates the root with its tag and its folder for temporary files. */
export function createRoot(layout: Layout): void {
  mkdirSync(layout.root, { recursive: true });
  ensureFolder(layout, [VERSION, 'tmp']);
  try {
    writeFileSync(join(layout.root, 'CACHEDIR.TAG'), CACHE_TAG, { flag: 'wx' });
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
  }
}

/**
 * Makes folders below the root, one by one: anything else that stands in their place, a symbolic link above all, is removed.
 * At once: that takes a tenth of the time that turns of the event loop take.
 */
export function ensureFolder(layout: Layout, segments: readonly string[]): string {
  const last = layout.path(segments);
  if (layout.real.has(last) && isRealFolder(last)) return last;
  let path = layout.root;
  for (const segment of segments) {
    path = join(path, segment);
    ensureOne(path);
    layout.real.add(path);
  }
  return path;
}

function ensureOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
    if (isRealFolder(path)) return;
    rmSync(path, { force: true });
    mkdirSync(path, { recursive: true });
  }
}

/** Whether every folder on the way is a real one: nothing of the store is read through a symbolic link. Asked once a process. */
export function isContained(layout: Layout, segments: readonly string[]): boolean {
  let path = layout.root;
  for (const segment of segments.slice(0, -1)) {
    path = join(path, segment);
    if (layout.real.has(path)) continue;
    if (!isRealFolder(path)) return false;
    layout.real.add(path);
  }
  return true;
}

function isRealFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
