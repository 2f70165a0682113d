import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { mlcError } from '@mlcontainer/plugin-kit';

import { isForbidden, writeFault } from './faults.ts';
import { createRoot, type Layout } from './layout.ts';
import { writeRecordFile } from './records.ts';
import { currentOwner, removeStale, tempName, type TempOwner } from './temp.ts';
import { removeTree } from './trees.ts';

/** One place of a store. `exclusive`: it stands in a folder where everybody may create one, so only ours counts. */
export interface Layer {
  readonly layout: Layout;
  readonly exclusive: boolean;
}

/** The layer that takes the writes. */
export interface OpenLayer {
  readonly layout: Layout;
  readonly owner: TempOwner;
}

/** Asks the layers one after the other, and gives the first answer. */
export async function firstOf<T>(
  layers: readonly Layer[],
  find: (layout: Layout) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const { layout, exclusive } of layers) {
    if (exclusive && !(await isExclusive(layout.root))) continue;
    const found = await find(layout);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Opens the first layer that may be written, and removes what dead processes left in it. Throws MLC7010 to MLC7012. */
export async function openLayer(layers: readonly Layer[]): Promise<OpenLayer> {
  const owner = currentOwner();
  for (const [index, layer] of layers.entries()) {
    try {
      await prepare(layer, owner);
      return { layout: layer.layout, owner };
    } catch (error) {
      const isLast = index === layers.length - 1;
      if (isLast || !isForbidden(error)) throw writeFault(error, layer.layout.root);
    }
  }
  throw new Error('A store needs a root');
}

async function prepare({ layout, exclusive }: Layer, owner: TempOwner): Promise<void> {
  if (exclusive) await createExclusive(layout.root);
  createRoot(layout);
  const probe = join(layout.area('tmp'), tempName(owner));
  await writeRecordFile(probe, '');
  await removeTree(probe);
  await removeStale(layout.area('tmp'), owner);
}

async function createExclusive(root: string): Promise<void> {
  await mkdir(dirname(root), { recursive: true });
  await mkdir(root, { mode: 0o700 }).catch(() => undefined);
  if (await isExclusive(root)) return;
  throw mlcError('MLC7011', {
    path: root,
    detail: 'the folder is missing, or not of this user alone',
  });
}

/** A real folder of this user that nobody else may write. */
async function isExclusive(root: string): Promise<boolean> {
  try {
    const stats = await lstat(root);
    const ours = process.getuid === undefined || stats.uid === process.getuid();
    return stats.isDirectory() && ours && (stats.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
