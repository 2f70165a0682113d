import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isMlcError } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';

import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { storeLocation } from './location.ts';
import { createStore } from './store.ts';

const UID = process.getuid?.() ?? 0;

describe('storeLocation', () => {
  it.each([
    [{ MLCONTAINER_CACHE_DIR: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/mlcontainer'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/mlcontainer'],
    [{ MLCONTAINER_CACHE_DIR: '', XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/mlcontainer'],
  ])('follows the environment: %j', (env, root) => {
    expect(storeLocation(env)).toEqual({ root, fallback: join(tmpdir(), `mlcontainer-${UID}`) });
  });

  it('takes a folder of the temporary folder where there is no home, and only if it is ours', () => {
    expect(storeLocation({})).toEqual({
      root: join(tmpdir(), `mlcontainer-${UID}`),
      exclusive: true,
    });
    expect(storeLocation({ HOME: '/', TMPDIR: '/t' })).toEqual({
      root: `/t/mlcontainer-${UID}`,
      exclusive: true,
    });
  });

  it('prefers what the caller asks for', () => {
    expect(storeLocation({ MLCONTAINER_CACHE_DIR: '/c' }, '/asked').root).toBe('/asked');
  });
});

describe('an exclusive root', () => {
  it('is created closed to others', async () => {
    const root = join(await tempFolder(), 'deep', 'store');
    const store = createStore({ root, exclusive: true });
    await store.writeRecord('kind', 'key', 1);
    expect(await store.readRecord('kind', 'key')).toBe(1);
  });

  it.each([
    [
      'open to others',
      async (root: string) => {
        await mkdir(root);
        await chmod(root, 0o777);
      },
    ],
    [
      'a symbolic link',
      async (root: string) => {
        await mkdir(`${root}.elsewhere`);
        await symlink(`${root}.elsewhere`, root);
      },
    ],
    ['a file', (root: string) => writeFile(root, '')],
  ])('is not used when it is %s', async (_what, plant) => {
    const root = join(await tempFolder(), 'store');
    await plant(root);
    const store = createStore({ root, exclusive: true });
    const error: unknown = await store
      .writeRecord('kind', 'key', 1)
      .catch((reason: unknown) => reason);
    expect(isMlcError(error) && error.code).toBe('MLC7011');
    expect(await store.readRecord('kind', 'key')).toBeUndefined();
  });
});
