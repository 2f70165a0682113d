import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder needs milliseconds; one that was seen holding for longer than that is stopped or gone. */
const STUCK_MS = 10_000;
const POLL_MS = 10;

/** A lock that is held. */
export interface HeldLock {
  /** Whether it is held still: nobody took it for dead. */
  isMine(): Promise<boolean>;
}

/**
 * Lets one writer at a time, of any process, change a folder. A file in the folder names the holder; that of a
 * process which is no more, or which did not let go for ten seconds, is taken away. Because a holder that was only
 * stopped could wake up then, it asks `isMine` before it commits.
 */
export async function withFolderLock<T>(
  folder: string,
  signal: AbortSignal,
  use: (lock: HeldLock) => Promise<T>,
  stuckMs = STUCK_MS,
): Promise<T> {
  const file = join(folder, '.index.lock');
  const own = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`;
  await acquire(file, own, signal, stuckMs);
  const isMine = async (): Promise<boolean> => (await holderOf(file)) === own;
  try {
    return await use({ isMine });
  } finally {
    if (await isMine()) await rm(file, { force: true });
  }
}

async function acquire(
  file: string,
  own: string,
  signal: AbortSignal,
  stuckMs: number,
): Promise<void> {
  let seen: { readonly holder: string | undefined; readonly since: number } | undefined;
  while (!(await create(file, own))) {
    signal.throwIfAborted();
    const holder = await holderOf(file);
    if (holder === undefined) continue;
    if (seen?.holder !== holder) seen = { holder, since: performance.now() };
    const isStuck = performance.now() - seen.since > stuckMs;
    if (isStuck || isDead(holder)) await takeAway(file, holder, own);
    else await sleep(POLL_MS, undefined, { signal });
  }
}

async function create(file: string, own: string): Promise<boolean> {
  try {
    await writeFile(file, own, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when nobody holds it; an empty text while the holder writes its name. */
function holderOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

function isDead(holder: string): boolean {
  const [host, pid] = holder.split(' ');
  if (host !== hostname() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Renaming is what only one of several can do; whoever moved away another lock than the dead one puts it back. */
async function takeAway(file: string, holder: string, own: string): Promise<void> {
  if ((await holderOf(file)) !== holder) return;
  const aside = `${file}.${own.slice(own.lastIndexOf(' ') + 1)}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await holderOf(aside);
  if (moved !== holder && moved !== undefined) await create(file, moved);
  await rm(aside, { force: true });
}
