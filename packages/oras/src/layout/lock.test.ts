import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signal, withFolder } from '../../test/support/graph.ts';
import { withFolderLock } from './lock.ts';

test('one at a time, and nothing is left', () =>
  withFolder(async (folder) => {
    let inside = 0;
    let most = 0;
    const work = Array.from({ length: 8 }, () =>
      withFolderLock(folder, signal, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await readdir(folder);
        inside -= 1;
      }),
    );
    await Promise.all(work);
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  }));

test('the lock of a process that is no more is taken', () =>
  withFolder(async (folder) => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(join(folder, '.index.lock'), `${hostname()} ${pid} 00`);
    await Promise.all([1, 2, 3].map(() => withFolderLock(folder, signal, async () => undefined)));
    expect(await readdir(folder)).toEqual([]);
  }));

test('a lock that nobody gives back is taken, and its holder learns it', () =>
  withFolder(async (folder) => {
    await withFolderLock(folder, signal, async ({ isMine }) => {
      expect(await isMine()).toBe(true);
      await withFolderLock(folder, signal, async () => undefined, 0);
      expect(await isMine()).toBe(false);
    });
    expect(await readdir(folder)).toEqual([]);
  }));

test('waiting ends with the signal', () =>
  withFolder(async (folder) => {
    const stop = new AbortController();
    await withFolderLock(folder, signal, async () => {
      const waiting = withFolderLock(folder, stop.signal, async () => undefined);
      stop.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow();
    });
  }));
