import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Whether uv can use its own cache; where it cannot, with a read-only home, it gets a temporary one. */
export async function hasWritableCache(env: Readonly<Record<string, string>>): Promise<boolean> {
  if (env['UV_CACHE_DIR'] || env['UV_NO_CACHE']) return true;
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return canMake(join(base, 'uv'));
}

/** Folder by folder: `mkdir` with `recursive` never returns where /proc refuses (seen on Node 24). */
async function canMake(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder)
      return false;
  }
  if (!(await canMake(dirname(folder)))) return false;
  return mkdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'EEXIST',
  );
}
