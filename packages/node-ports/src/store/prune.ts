import { join } from 'node:path';
import { rename, unlink } from 'node:fs/promises';

import { writeFault, errno } from './faults.ts';
import { listStore, type StoreItem } from './inventory.ts';
import { createLayout } from './layout.ts';
import { currentOwner, removeStale, tempName } from './temp.ts';
import { removeTree } from './trees.ts';

/** What may be removed from a store. */
export interface PruneOptions {
  /** Remove what was not used for this long, in milliseconds. */
  readonly maxAge?: number;
  /** Then remove the longest unused until the store holds at most this many bytes. */
  readonly maxSize?: number;
  /** Never remove what was used within this time, since a build may still be at it; milliseconds, an hour when left out. */
  readonly grace?: number;
  /** Milliseconds since the epoch; now when left out. */
  readonly now?: number;
  readonly signal?: AbortSignal;
}

/** What a pruning removed and left. */
export interface PruneResult {
  readonly removed: number;
  /** Bytes of content that were freed. */
  readonly freed: number;
  readonly kept: number;
  /** Bytes of content that are left. */
  readonly size: number;
}

/** A use is recorded at most once an hour (see blobs.ts), so that anything younger may be in use. */
const GRACE_MS = 60 * 60 * 1000;

/**
 * Removes old entries from the store at `root`, and what dead processes left. Takes no lock: entries of running
 * builds are younger than `grace`, and an entry that is gone is a miss. Throws MLC7011 and MLC7012.
 */
export async function storePrune(root: string, options: PruneOptions = {}): Promise<PruneResult> {
  const items = await listStore(root);
  const chosen = choose(items, options);
  try {
    for (const item of chosen) {
      options.signal?.throwIfAborted();
      await removeItem(root, item);
    }
    await removeLeftovers(root);
  } catch (error) {
    throw writeFault(error, root);
  }
  const freed = total(chosen);
  return {
    removed: chosen.length,
    freed,
    kept: items.length - chosen.length,
    size: total(items) - freed,
  };
}

/** What to remove, the longest unused first. */
export function choose(items: readonly StoreItem[], options: PruneOptions): StoreItem[] {
  const now = options.now ?? Date.now();
  const removable = items
    .filter(({ lastUse }) => now - lastUse >= (options.grace ?? GRACE_MS))
    .sort((a, b) => a.lastUse - b.lastUse);
  let size = total(items);
  return removable.filter((item) => {
    const isOld = options.maxAge !== undefined && now - item.lastUse > options.maxAge;
    const isTooMuch = options.maxSize !== undefined && size > options.maxSize;
    if (!isOld && !isTooMuch) return false;
    size -= item.size;
    return true;
  });
}

function total(items: readonly StoreItem[]): number {
  return items.reduce((sum, { size }) => sum + size, 0);
}

async function removeItem(root: string, item: StoreItem): Promise<void> {
  if (item.type === 'folder') return removeFolder(root, item.path);
  // Each file of it is of use on its own, and there may be no store beside it to put it aside in.
  if (item.type === 'code') return removeTree(item.path);
  await unlinkIfThere(item.path);
  if (item.seal !== undefined) await unlinkIfThere(item.seal);
}

/** A folder leaves its place in one step, so that nobody finds half of it. */
async function removeFolder(root: string, path: string): Promise<void> {
  const aside = join(createLayout(root).area('tmp'), tempName(currentOwner()));
  try {
    await rename(path, aside);
  } catch (error) {
    if (errno(error) === 'ENOENT') return;
    throw error;
  }
  await removeTree(aside);
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
}

async function removeLeftovers(root: string): Promise<void> {
  try {
    await removeStale(createLayout(root).area('tmp'), currentOwner());
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
}
