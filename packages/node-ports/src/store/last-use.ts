import { utimes } from 'node:fs/promises';

/** A use is recorded at most this often. */
const EVERY_MS = 60 * 60 * 1000;

/** Moves an entry's modification time to now, as the time of its last use, by which the store is pruned. */
export async function touch(path: string, lastUseMs: number): Promise<void> {
  const now = Date.now();
  if (now - lastUseMs <= EVERY_MS) return;
  // The last use is a hint; a store that may only be read keeps none.
  await utimes(path, now / 1000, now / 1000).catch(() => undefined);
}
