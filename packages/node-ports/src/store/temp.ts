import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { removeTree } from './trees.ts';

/** A temporary entry of a machine or container that we cannot look into is stale after this time. */
const FOREIGN_AGE_MS = 24 * 60 * 60 * 1000;

const UNKNOWN = 'unknown';

/** Who owns a temporary entry: `where` tells machines, boots and PID namespaces apart. */
export interface TempOwner {
  readonly where: string;
  readonly pid: number;
  readonly start: string;
}

/** This process, as the names of its temporary entries give it. */
export function currentOwner(): TempOwner {
  return { where: whereAmI(), pid: process.pid, start: startTime(process.pid) ?? '0' };
}

/** A fresh name, `<where>.<pid>.<start>.<random>`. */
export function tempName(owner: TempOwner): string {
  return [owner.where, owner.pid, owner.start, randomBytes(8).toString('hex')].join('.');
}

/** Removes what dead processes left behind. Entries of live ones, and young ones of other machines, stay. */
export async function removeStale(folder: string, me: TempOwner): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!(await isStale(name, path, me))) continue;
    await removeTree(path).catch(() => undefined);
    removed += 1;
  }
  return removed;
}

async function isStale(name: string, path: string, me: TempOwner): Promise<boolean> {
  const [where, pid, start] = name.split('.');
  if (where !== me.where || where === UNKNOWN) return isOld(path);
  return startTime(Number(pid)) !== start;
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > FOREIGN_AGE_MS;
  } catch {
    return false;
  }
}

/** Start of a process in clock ticks since boot (proc(5), stat, field 22); undefined where it does not live. */
function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the command in parentheses, may hold spaces and parentheses itself.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return isAlive(pid) ? '0' : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where the system does not tell, no process can be called dead. */
function whereAmI(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    return boot.slice(0, 8) + readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return UNKNOWN;
  }
}
