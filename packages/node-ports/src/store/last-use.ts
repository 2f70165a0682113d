import { lstat, utimes } from 'node:fs/promises';

/** A use is recorded at most this often. */
const EVERY_MS = 60 * 60 * 1000;

/** Moves an entry's modification time to now, as the time of its last use, by which the store is pruned. */
export async function touch(path: string): Promise<void> {
  const now = Date.now();
  try {
    const { mtimeMs } = await lstat(path);
    if (now - mtimeMs > EVERY_MS) await utimes(path, now / 1000, now / 1000);
  } catch {
    // The last use is a hint; a store that may only be read keeps none.
  }
}
