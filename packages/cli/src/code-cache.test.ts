import { expect, test } from 'vitest';
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
