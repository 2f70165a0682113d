import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeInfo } from '@mlcontainer/node-ports';
import { expect, onTestFinished, test } from 'vitest';
import { codeCacheFolder } from './code-cache.ts';

test.each([
  [{ MLCONTAINER_CACHE_DIR: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c/compiled'],
  [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/mlcontainer/compiled'],
  [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/mlcontainer/compiled'],
  [{ HOME: '/' }, undefined],
  [{ MLCONTAINER_CACHE_DIR: 'relative' }, undefined],
  [{}, undefined],
])('%j', (env, folder) => {
  expect(codeCacheFolder(env, 'compiled')).toBe(folder);
});

test('the store counts, and prunes, what lies there', async () => {
  const root = mkdtempSync(join(tmpdir(), 'mlc-code-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const name of ['compiled', 'configs'] as const) {
    const folder = codeCacheFolder({ MLCONTAINER_CACHE_DIR: root }, name) ?? '';
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), 'x');
  }
  expect((await storeInfo(root)).code.count).toBe(2);
});
