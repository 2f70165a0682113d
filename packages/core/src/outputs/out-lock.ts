import { mkdir, open, readFile, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { diskError } from './replace.ts';

/**
 * Holds an output folder while a build writes it: a file beside it with the writer's process id. The lock of a
 * process that no longer lives is taken over.
 */
export async function withOutputLock<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const file = path.join(path.dirname(folder), `.${path.basename(folder)}.lock`);
  const parent = path.dirname(folder);
  const created = await mkdir(parent, { recursive: true }).catch((error: unknown) => {
    throw diskError(folder, error);
  });
  await acquire(file, folder);
  try {
    return await use();
  } finally {
    await rm(file, { force: true });
    if (created !== undefined) await removeIfEmpty(parent);
  }
}

/** A build that wrote nothing leaves no empty folder either. */
async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

async function acquire(file: string, folder: string, again = true): Promise<void> {
  try {
    await create(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskError(file, error);
    if (!again || (await holderLives(file)))
      throw mlcError('MLC2302', { folder }, { cause: error });
    await rm(file, { force: true });
    await acquire(file, folder, false);
  }
}

/** Only what is our own is removed again: where a file cannot be opened, another build may hold it. */
async function create(file: string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(String(process.pid));
  } catch (error) {
    await rm(file, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

async function holderLives(file: string): Promise<boolean> {
  const holder = Number(await readFile(file, 'utf8').catch(() => '0'));
  // An empty file is a writer between creating and writing it.
  if (!Number.isInteger(holder) || holder <= 0) return false;
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
