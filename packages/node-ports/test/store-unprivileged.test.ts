import { chmod, chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { createStore } from '../src/index.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { tempFolder } from './fixtures/temp-folder.ts';
import { runWorker, type WorkerOptions } from './fixtures/worker-process.ts';

/** Run by root, the worker gets a user that no passwd file knows, as OpenShift does; otherwise it is this user. */
const UID = 1_002_440_000;
const AS_USER: WorkerOptions = process.getuid?.() === 0 ? { uid: UID } : {};

async function userFolder(): Promise<string> {
  const folder = await tempFolder();
  if (AS_USER.uid !== undefined) await chown(folder, UID, UID);
  return folder;
}

/** The worker runs from this checkout, so that user must be able to read it. */
async function expectDone(root: string, options: WorkerOptions = {}): Promise<void> {
  const { result, stderr } = await runWorker(root, { ...AS_USER, ...options });
  expect(result, `the checkout must be readable for every user: ${stderr}`).toBe('done');
}

it('works for a user without passwd entry', async () => {
  const root = join(await userFolder(), 'store');
  await expectDone(root);
  await expectDone(root);
});

it('reads a store that it may not write, and writes beside it', async () => {
  const folder = await userFolder();
  const root = join(folder, 'store');
  await expectDone(root);
  const mine = await runWorker(root, AS_USER);
  expect(mine.result).toBe('done');
  await setMode(root, 0o555);
  const fallback = join(folder, 'fallback');
  await expectDone(root, { fallback });
  const blobs = await readdir(join(fallback, 'v1'));
  expect(blobs).not.toContain('blobs');
  await setMode(root, 0o755);
});

it('builds what the read-only store lacks in the other place, and finds it there again', async () => {
  const folder = await userFolder();
  const root = join(folder, 'empty');
  await createStore({ root }).writeRecord('other', 'key', 1);
  await setMode(root, 0o555);
  const fallback = join(folder, 'fallback');
  await expectDone(root, { fallback });
  await expectDone(root, { fallback });
  const [first] = SAMPLES;
  const hash = first?.sha256 ?? '';
  expect(
    (await stat(join(fallback, 'v1', 'blobs', 'sha256', hash.slice(0, 2), hash))).isFile(),
  ).toBe(true);
  await setMode(root, 0o755);
});

it('says MLC7011 where nothing may be written', async () => {
  const folder = await userFolder();
  await setMode(folder, 0o555);
  const { result } = await runWorker(join(folder, 'store'), AS_USER);
  expect(result).toBe('MLC7011');
  await setMode(folder, 0o755);
});

async function setMode(root: string, mode: number): Promise<void> {
  for (const item of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (item.isDirectory()) await chmod(join(item.parentPath, item.name), mode);
  }
  await chmod(root, mode);
}
