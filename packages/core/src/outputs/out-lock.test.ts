import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withOutputLock } from './out-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlc-out-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a second build of the same folder is refused, and the first leaves nothing', async () => {
  const out = path.join(folder, 'model');
  await withOutputLock(out, async () => {
    const second = withOutputLock(out, () => Promise.resolve());
    await expect(second).rejects.toMatchObject({ code: 'MLC2302', exitCode: 75 });
  });
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a dead process is taken over', async () => {
  await writeFile(path.join(folder, '.model.lock'), '999999999');
  await expect(withOutputLock(path.join(folder, 'model'), () => Promise.resolve(1))).resolves.toBe(
    1,
  );
});

test('a failure releases it', async () => {
  const out = path.join(folder, 'model');
  const failing = withOutputLock(out, () => Promise.reject(new Error('x')));
  await expect(failing).rejects.toThrow('x');
  await expect(withOutputLock(out, () => Promise.resolve(2))).resolves.toBe(2);
});
