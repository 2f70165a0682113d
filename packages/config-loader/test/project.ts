import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMlcError, type MlcError } from '@mlcontainer/plugin-kit';
import { onTestFinished } from 'vitest';
import { loadConfig, type LoadedConfig, type LoadOptions } from '../src/index.ts';

/** A folder of files that goes away with the test. */
export async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mlc-config-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

export function load(cwd: string, options: Partial<LoadOptions> = {}): Promise<LoadedConfig> {
  const env = { command: 'plan', mode: 'production', ci: false };
  return loadConfig({ cwd, env, signal: new AbortController().signal, ...options });
}

/** The error of the catalogue that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<MlcError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (cause: unknown) => cause,
  );
  if (!isMlcError(error)) throw error;
  return error;
}

/** Loads one config that has to fail. */
export async function failureOf(text: string, name = 'mlcontainer.config.ts'): Promise<MlcError> {
  return failure(load(await project({ [name]: text })));
}

/** Every file below a folder, relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.sort();
}
