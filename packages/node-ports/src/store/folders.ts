import { lstatSync } from 'node:fs';
import { lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errno } from './faults.ts';
import { syncFolder } from './files.ts';
import { listFolder, makeReadOnly } from './folder-manifest.ts';
import { touch } from './last-use.ts';
import { ensureFolder, isContained, type Layout } from './layout.ts';
import { parseRecord, recordText } from './records.ts';
import { removeTree } from './trees.ts';

const MANIFEST = 'manifest';
const CONTENT = 'content';

/** Path of a built folder whose files are as they were left; undefined where it is missing or damaged. */
export async function findFolder(
  layout: Layout,
  kind: string,
  key: string,
): Promise<string | undefined> {
  const segments = layout.folder(kind, key);
  const place = layout.path(segments);
  try {
    if (!isContained(layout, [...segments, CONTENT, ''])) return undefined;
    const expected = parseRecord(kind, key, await readFile(join(place, MANIFEST), 'utf8'));
    const actual = listFolder(join(place, CONTENT));
    if (JSON.stringify(actual) !== JSON.stringify(expected)) return undefined;
    await touch(place, lstatSync(place).mtimeMs);
    return join(place, CONTENT);
  } catch {
    return undefined;
  }
}

/** Builds a folder in `temp` and renames it into place; the first of several builders wins. */
export async function buildFolder(
  layout: Layout,
  kind: string,
  key: string,
  temp: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  await mkdir(join(temp, CONTENT), { recursive: true });
  await build(join(temp, CONTENT));
  const lines = listFolder(join(temp, CONTENT));
  makeReadOnly(join(temp, CONTENT), lines);
  await writeFile(join(temp, MANIFEST), recordText(kind, key, lines), {
    flag: 'wx',
    mode: 0o444,
    flush: true,
  });
  await place(layout, kind, key, temp);
  return join(layout.path(layout.folder(kind, key)), CONTENT);
}

async function place(layout: Layout, kind: string, key: string, temp: string): Promise<void> {
  const segments = layout.folder(kind, key);
  const target = layout.path(segments);
  ensureFolder(layout, segments.slice(0, -1));
  for (let attempt = 0; !(await renamed(temp, target)); attempt += 1) {
    if ((await findFolder(layout, kind, key)) !== undefined) return;
    if (attempt === 3) throw new Error(`Cannot place ${target}`);
    await moveAway(target, `${temp}.damaged.${attempt}`);
  }
  await syncFolder(dirname(target));
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errno(error) ?? '')) throw error;
    return false;
  }
}

/** A damaged folder leaves its place in one step, so that nobody sees half of it. */
async function moveAway(target: string, aside: string): Promise<void> {
  try {
    await lstat(target);
    await rename(target, aside);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
  await removeTree(aside);
}
