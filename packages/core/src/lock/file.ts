import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { prettyJson } from '../json.ts';
import { replaceFile } from '../outputs/replace.ts';
import { LOCK_FILE, LOCK_VERSION, type Lock } from './types.ts';

/** The lock beside the config; undefined where there is none. */
export async function readLock(root: string): Promise<Lock | undefined> {
  const file = path.join(root, LOCK_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw mlcError('MLC2203', { file: LOCK_FILE, detail: error.message }, { cause: error });
  });
  return text === undefined ? undefined : parseLock(text);
}

/** Writes the lock whole or not at all; an unchanged lock is left alone. True when something was written. */
export async function writeLock(root: string, lock: Lock): Promise<boolean> {
  const file = path.join(root, LOCK_FILE);
  const text = prettyJson(lock);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) return false;
  await replaceFile(file, text);
  return true;
}

/** Form only; every artifact in it is proved by its hash when it is used. */
export function parseLock(text: string): Lock {
  const fail = (detail: string, cause?: unknown): never => {
    throw mlcError('MLC2203', { file: LOCK_FILE, detail }, { cause });
  };
  let value: Partial<Lock>;
  try {
    value = JSON.parse(text) as Partial<Lock>;
  } catch (error) {
    return fail('it is not JSON (a merge conflict?)', error);
  }
  if (value.lockVersion !== LOCK_VERSION) {
    fail(`lockVersion is ${String(value.lockVersion)}, this release reads ${LOCK_VERSION}`);
  }
  for (const key of ['plugins', 'debian', 'tools', 'python'] as const) {
    if (!Array.isArray(value[key])) fail(`${key} is missing`);
  }
  if (typeof value.requests !== 'object' || typeof value.layers !== 'object')
    fail('requests or layers is missing');
  if (value.bases !== undefined && !Array.isArray(value.bases)) fail('bases is no list');
  return value as Lock;
}
