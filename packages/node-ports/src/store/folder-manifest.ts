import { chmod, lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One line of a folder's manifest: path, type, size and modification time, or a symbolic link's target. */
export type ManifestLine = readonly [path: string, type: 'f' | 'd' | 'l' | '?', detail: string];

/** Lists a folder, sorted by path. Nothing is followed. */
export async function listFolder(root: string, below = ''): Promise<ManifestLine[]> {
  const lines: ManifestLine[] = [];
  const names = (await readdir(join(root, below))).sort();
  for (const name of names) {
    const path = below === '' ? name : `${below}/${name}`;
    const line = await describe(root, path);
    lines.push(line);
    if (line[1] === 'd') lines.push(...(await listFolder(root, path)));
  }
  return lines;
}

async function describe(root: string, path: string): Promise<ManifestLine> {
  const stats = await lstat(join(root, path), { bigint: true });
  if (stats.isDirectory()) return [path, 'd', ''];
  if (stats.isSymbolicLink()) return [path, 'l', await readlink(join(root, path))];
  if (stats.isFile()) return [path, 'f', `${stats.size} ${stats.mtimeNs}`];
  return [path, '?', ''];
}

/** Takes the write permission from a folder, its files and its folders. */
export async function makeReadOnly(root: string, lines: readonly ManifestLine[]): Promise<void> {
  for (const [path, type] of lines.toReversed()) {
    if (type === 'f' || type === 'd') await dropWrite(join(root, path));
  }
  await dropWrite(root);
}

async function dropWrite(path: string): Promise<void> {
  const { mode } = await lstat(path);
  await chmod(path, mode & 0o7555);
}
