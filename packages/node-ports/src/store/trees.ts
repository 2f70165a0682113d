import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { errno } from './faults.ts';

/** Removes a file or a folder with all in it, read-only folders too; nothing there is no error. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errno(error) !== 'EACCES' && errno(error) !== 'EPERM') throw error;
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const item of await readdir(folder, { withFileTypes: true })) {
    if (item.isDirectory()) await makeWritable(join(folder, item.name));
  }
}

/** Renames a finished file into place, over whatever stood there. */
export async function replaceFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errno(error) !== 'EISDIR' && errno(error) !== 'ENOTEMPTY' && errno(error) !== 'EEXIST')
      throw error;
    await removeTree(to);
    await rename(from, to);
  }
}
