import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { createStore } from './store.ts';

async function fill(folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'tool'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink('bin/tool', join(folder, 'link'));
}

const never = (): Promise<void> => Promise.reject(new Error('built again'));

describe('folder', () => {
  it('is built once, also when asked for at the same time, and found by others', async () => {
    const root = await tempFolder();
    const store = createStore({ root });
    let builds = 0;
    const build = async (folder: string): Promise<void> => {
      builds += 1;
      await fill(folder);
    };
    const paths = await Promise.all([
      store.folder('root', 'a', build),
      store.folder('root', 'a', build),
    ]);
    expect(new Set(paths).size).toBe(1);
    expect(builds).toBe(1);
    expect(await createStore({ root }).folder('root', 'a', never)).toBe(paths[0]);
    expect(await readdir(join(root, 'v1', 'tmp'))).toEqual([]);
  });

  it('is read-only, and keeps what may be executed', async () => {
    const path = await createStore({ root: await tempFolder() }).folder('root', 'a', fill);
    expect((await stat(join(path, 'bin', 'tool'))).mode & 0o777).toBe(0o555);
    expect((await stat(path)).mode & 0o222).toBe(0);
  });

  it('leaves nothing when building fails, and may be tried again', async () => {
    const root = await tempFolder();
    const store = createStore({ root });
    const half = async (folder: string): Promise<void> => {
      await fill(folder);
      throw new Error('half');
    };
    await expect(store.folder('root', 'a', half)).rejects.toThrow('half');
    expect(await readdir(join(root, 'v1', 'tmp'))).toEqual([]);
    expect(await readFile(join(await store.folder('root', 'a', fill), 'link'), 'utf8')).toBe(
      '#!/bin/sh\n',
    );
  });

  it.each([
    [
      'a changed file',
      async (path: string) => {
        await chmod(join(path, 'bin', 'tool'), 0o755);
        await writeFile(join(path, 'bin', 'tool'), '#!/bin/no\n');
      },
    ],
    [
      'a file too many',
      async (path: string) => {
        await chmod(path, 0o755);
        await writeFile(join(path, 'new'), '');
      },
    ],
    [
      'a damaged manifest',
      async (path: string) => {
        await chmod(join(path, '..', 'manifest'), 0o644);
        await writeFile(join(path, '..', 'manifest'), 'x');
      },
    ],
  ])('is built again after damage: %s', async (_what, damage) => {
    const root = await tempFolder();
    const path = await createStore({ root }).folder('root', 'a', fill);
    await damage(path);
    expect(await createStore({ root }).folder('root', 'a', fill)).toBe(path);
    expect(await readFile(join(path, 'bin', 'tool'), 'utf8')).toBe('#!/bin/sh\n');
    expect(await readdir(path)).toEqual(['bin', 'link']);
    expect(await readdir(join(root, 'v1', 'tmp'))).toEqual([]);
  });
});

describe('withTemp', () => {
  it('gives a fresh folder and removes it, also after an error', async () => {
    const root = await tempFolder();
    const store = createStore({ root });
    const result = await store.withTemp(async (folder) => {
      await fill(folder);
      return (await readdir(folder)).length;
    });
    expect(result).toBe(2);
    const failing = store.withTemp(async (folder) => {
      await fill(folder);
      await chmod(join(folder, 'bin'), 0o555);
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    expect(await readdir(join(root, 'v1', 'tmp'))).toEqual([]);
  });
});
