import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { diskFault } from './disk-fault.ts';

/**
 * Lets something be written beside its place and moves it there when it is whole; on a failure nothing is left.
 * No room and no right to write come out as MLC7010 and MLC7011.
 * `.<name>.<host>-<process>-<random>.tmp` is the name meanwhile; such names of processes of this host that are no
 * more are swept first.
 */
export async function writtenBeside(
  target: string,
  write: (temporary: string) => Promise<void>,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryName(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await sweep(target);
    await write(temporary);
    await place(temporary);
    await syncFolder(dirname(target));
  } catch (error) {
    throw diskFault(error, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A fresh name beside the target. */
export function temporaryName(target: string): string {
  return join(
    dirname(target),
    `${prefixOf(target)}${process.pid}-${randomBytes(6).toString('hex')}.tmp`,
  );
}

function prefixOf(target: string): string {
  return `.${basename(target)}.${hostname()}-`;
}

/** Removes what processes of this host that are no more left beside a target. */
export async function sweep(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = prefixOf(target);
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(prefix)
      ? /^(\d+)-[0-9a-f]{12}\.tmp$/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Moves a folder to its place and the folder that is there away; another process may be doing the same. */
export async function replaceFolder(temporary: string, target: string): Promise<void> {
  const old = temporaryName(target);
  try {
    for (let attempt = 1; ; attempt += 1) {
      await rename(target, old).catch(unless('ENOENT'));
      const done = await rename(temporary, target).then(() => true, unless('ENOTEMPTY', 'EEXIST'));
      if (done === true) return;
      if (attempt === 10) throw new Error(`${target} is replaced by others all the time`);
      await rm(old, { recursive: true, force: true });
    }
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

function unless(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

/** Makes the names of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
