import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { CODE_FOLDERS, createLayout, isContained, type Layout } from './layout.ts';

/** One thing that a store holds and that can be removed on its own. */
export interface StoreItem {
  readonly type: 'blob' | 'record' | 'folder' | 'code';
  readonly path: string;
  /** The seal of a blob, whose modification time is the blob's last use. */
  readonly seal?: string;
  /** Bytes of content. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly lastUse: number;
}

/** What a store holds. */
export interface StoreInfo {
  readonly root: string;
  readonly blobs: StoreCount;
  readonly records: StoreCount;
  readonly folders: StoreCount;
  /** Compiled programs and bundled configs. */
  readonly code: StoreCount;
}

/** How many entries of one kind a store holds. */
export interface StoreCount {
  readonly count: number;
  /** Bytes of content. */
  readonly bytes: number;
}

/** Counts what the store at `root` holds; a store that does not exist holds nothing. */
export async function storeInfo(root: string): Promise<StoreInfo> {
  const items = await listStore(root);
  const count = (type: StoreItem['type']): StoreCount => {
    const chosen = items.filter((item) => item.type === type);
    return { count: chosen.length, bytes: chosen.reduce((sum, { size }) => sum + size, 0) };
  };
  return {
    root,
    blobs: count('blob'),
    records: count('record'),
    folders: count('folder'),
    code: count('code'),
  };
}

/** Everything in a store, in no order. Entries that vanish meanwhile are left out. */
export async function listStore(root: string): Promise<StoreItem[]> {
  const layout = createLayout(root);
  return [
    ...(await listBlobs(layout)),
    ...(await listRecords(layout)),
    ...(await listFolders(layout)),
    ...(await listCode(layout)),
  ];
}

async function listBlobs(layout: Layout): Promise<StoreItem[]> {
  const items: StoreItem[] = [];
  for (const path of await below(join(layout.area('blobs'), 'sha256'), 2)) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const seal = join(layout.area('seals'), name.slice(0, 2), name);
    const used = await lstat(seal).catch(() => stats);
    items.push({
      type: 'blob',
      path,
      seal,
      size: stats.size,
      lastUse: Math.max(used.mtimeMs, stats.mtimeMs),
    });
  }
  return items;
}

async function listRecords(layout: Layout): Promise<StoreItem[]> {
  const items: StoreItem[] = [];
  for (const path of await below(layout.area('records'), 2)) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats !== undefined)
      items.push({ type: 'record', path, size: stats.size, lastUse: stats.mtimeMs });
  }
  return items;
}

async function listFolders(layout: Layout): Promise<StoreItem[]> {
  const items: StoreItem[] = [];
  for (const path of await below(layout.area('folders'), 2)) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats !== undefined)
      items.push({ type: 'folder', path, size: await treeSize(path), lastUse: stats.mtimeMs });
  }
  return items;
}

/**
 * Code is read and not touched, so that its last use is what the file system knows of it: the last reading, or the
 * writing where readings are not noted. A folder is that of one release of Node.
 */
async function listCode(layout: Layout): Promise<StoreItem[]> {
  const items: StoreItem[] = [];
  for (const name of CODE_FOLDERS) {
    // Nothing is removed through a link.
    if (!isContained(layout, [name, ''])) continue;
    for (const path of await below(layout.path([name]), 1)) {
      const lastUse = await lastRead(path);
      if (lastUse === undefined) continue;
      items.push({ type: 'code', path, size: await treeSize(path), lastUse });
    }
  }
  return items;
}

async function lastRead(path: string): Promise<number | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) return Math.max(stats.atimeMs, stats.mtimeMs);
  const times = await Promise.all((await below(path, 1)).map(lastRead));
  return Math.max(stats.mtimeMs, ...times.map((time = 0) => time));
}

/** Paths exactly `depth` levels below a folder. */
async function below(folder: string, depth: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.map((name) => join(folder, name));
  if (depth === 1) return paths;
  const nested = await Promise.all(paths.map((path) => below(path, depth - 1)));
  return nested.flat();
}

async function treeSize(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  let size = 0;
  for (const child of await below(path, 1)) size += await treeSize(child);
  return size;
}
