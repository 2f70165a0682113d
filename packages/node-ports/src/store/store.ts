import { lstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { ByteStream, StoredBlob, StoreExpectation, StorePort } from '@mlcontainer/plugin-kit';

import { writeBlob } from './blob-writer.ts';
import { findBlob, seal, type Verified } from './blobs.ts';
import { writeFault } from './faults.ts';
import { syncFile, syncFolder } from './files.ts';
import { buildFolder, findFolder } from './folders.ts';
import { firstOf, openLayer, type Layer, type OpenLayer } from './layers.ts';
import { createLayout, ensureFolder, type Layout } from './layout.ts';
import { findRecord, recordText, writeRecordFile } from './records.ts';
import { sealText } from './seal.ts';
import { tempName } from './temp.ts';
import { removeTree, replaceFile } from './trees.ts';

/** Where a store stands, and what is done when it may not be written. */
export interface StoreOptions {
  /** Absolute path; created when something is first written. */
  readonly root: string;
  /** Where to write when the root may only be read; the root then stays a lower layer. Used only where it is this user's alone. */
  readonly fallback?: string;
  /** Use the root only where it is a folder of this user that nobody else may write. */
  readonly exclusive?: boolean;
}

interface State {
  readonly layers: readonly Layer[];
  readonly verified: Verified;
  readonly building: Map<string, Promise<string>>;
  /** Blobs on their way to the disk: one that cannot be synced stays without a seal. */
  readonly sealing: Set<Promise<void>>;
  readonly open: () => Promise<OpenLayer>;
}

/**
 * The content-addressed store on disk (see `StorePort`). Crash-safe and shared by processes: a blob is written
 * to a temporary file while it is hashed, made read-only, synced and renamed into place; nothing is locked. What is
 * given back early is synced while others use it: until then it has no seal, and whoever finds it hashes it.
 * Errors: MLC7003, MLC7004 and MLC7013 for bytes that are not those expected, MLC7010 to MLC7012 for the disk.
 */
export function createStore(options: StoreOptions): StorePort {
  const layers = layersOf(options);
  const state: State = {
    layers,
    verified: new Map(),
    building: new Map(),
    sealing: new Set(),
    open: once(() => openLayer(layers)),
  };
  return {
    path: (sha256) => firstOf(layers, (layout) => findBlob(layout, sha256, state.verified)),
    put: (source, expect) => put(state, source, expect ?? {}),
    readRecord: (kind, key) =>
      firstOf(layers.toReversed(), (layout) => findRecord(layout, kind, key)),
    writeRecord: (kind, key, value) => writeRecord(state, kind, key, value),
    folder: (kind, key, build) => folder(state, kind, key, build),
    withTemp: (use) => withTemp(state, use),
    settle: async () => void (await Promise.all(state.sealing)),
  };
}

function layersOf({ root, fallback, exclusive }: StoreOptions): readonly Layer[] {
  const upper: Layer = { layout: createLayout(root), exclusive: exclusive ?? false };
  return fallback === undefined
    ? [upper]
    : [upper, { layout: createLayout(fallback), exclusive: true }];
}

/** Remembers a success; a failure may be tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    made.catch(() => (made = undefined));
    return made;
  };
}

/** Runs with a fresh path in the folder for temporary files, and removes whatever still stands there afterwards. */
async function withTempPath<T>(
  state: State,
  use: (path: string, layout: Layout) => Promise<T>,
): Promise<T> {
  const { layout, owner } = await state.open();
  const path = join(layout.area('tmp'), tempName(owner));
  try {
    return await use(path, layout);
  } catch (error) {
    throw writeFault(error, layout.root);
  } finally {
    await removeTree(path).catch(() => undefined);
  }
}

function put(state: State, source: ByteStream, expect: StoreExpectation): Promise<StoredBlob> {
  return withTempPath(state, async (temp, layout) => {
    const { sha256, size, isSynced } = await writeBlob(temp, source, expect);
    const path = layout.path(layout.blob(sha256));
    ensureFolder(layout, layout.blob(sha256).slice(0, -1));
    await replaceFile(temp, path);
    const text = sealText(lstatSync(path, { bigint: true }));
    state.verified.set(path, text);
    if (isSynced) {
      await syncFolder(dirname(path));
      await seal(layout, sha256, text);
    } else sealLater(state, () => seal(layout, sha256, text, () => syncWithFolder(path)));
    return { sha256, size, path };
  });
}

async function syncWithFolder(path: string): Promise<void> {
  await syncFile(path);
  await syncFolder(dirname(path));
}

function sealLater({ sealing }: State, act: () => Promise<void>): void {
  const task = act().finally(() => sealing.delete(task));
  sealing.add(task);
}

function writeRecord(state: State, kind: string, key: string, value: unknown): Promise<void> {
  return withTempPath(state, async (temp, layout) => {
    await writeRecordFile(temp, recordText(kind, key, value));
    const segments = layout.record(kind, key);
    ensureFolder(layout, segments.slice(0, -1));
    await replaceFile(temp, layout.path(segments));
  });
}

type Build = (folder: string) => Promise<void>;

/** One builder a key in this process; the others wait for it. */
function folder(state: State, kind: string, key: string, build: Build): Promise<string> {
  const id = JSON.stringify([kind, key]);
  const running = state.building.get(id);
  if (running !== undefined) return running;
  const result = findOrBuild(state, kind, key, build);
  state.building.set(id, result);
  result.catch(() => state.building.delete(id));
  return result;
}

async function findOrBuild(state: State, kind: string, key: string, build: Build): Promise<string> {
  const found = await firstOf(state.layers, (layout) => findFolder(layout, kind, key));
  return (
    found ?? withTempPath(state, (temp, layout) => buildFolder(layout, kind, key, temp, build))
  );
}

function withTemp<T>(state: State, use: (folder: string) => Promise<T>): Promise<T> {
  return withTempPath(state, async (path) => {
    await mkdir(path, { mode: 0o700 });
    return use(path);
  });
}
