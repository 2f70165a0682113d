import { chmodSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** One line of a folder's manifest: path, type, size and modification time, or a symbolic link's target. */
export type ManifestLine = readonly [path: string, type: 'f' | 'd' | 'l' | '?', detail: string];

/**
 * Lists a folder, sorted by path. Nothing is followed. Synchronous, because it is seven times faster so: 11 ms
 * for the 3000 files of a Python.
 */
export function listFolder(root: string, below = ''): ManifestLine[] {
  const lines: ManifestLine[] = [];
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    const line = describe(root, path);
    lines.push(line);
    if (line[1] === 'd') lines.push(...listFolder(root, path));
  }
  return lines;
}

function describe(root: string, path: string): ManifestLine {
  const stats = lstatSync(join(root, path), { bigint: true });
  if (stats.isDirectory()) return [path, 'd', ''];
  if (stats.isSymbolicLink()) return [path, 'l', readlinkSync(join(root, path))];
  if (stats.isFile()) return [path, 'f', `${stats.size} ${stats.mtimeNs}`];
  return [path, '?', ''];
}

/** Takes the write permission from a folder, its files and its folders. */
export function makeReadOnly(root: string, lines: readonly ManifestLine[]): void {
  for (const [path, type] of lines) {
    if (type === 'f' || type === 'd') dropWrite(join(root, path));
  }
  dropWrite(root);
}

function dropWrite(path: string): void {
  chmodSync(path, lstatSync(path).mode & 0o7555);
}
