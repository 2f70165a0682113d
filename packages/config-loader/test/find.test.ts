import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findConfig } from '../src/index.ts';
import { failure, project } from './project.ts';

const CONFIG = "export default { model: 'm.joblib' };";

describe('findConfig', () => {
  test.each(['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'])(
    'finds mlcontainer.config.%s',
    async (extension) => {
      const cwd = await project({ [`mlcontainer.config.${extension}`]: CONFIG });
      expect(await findConfig({ cwd })).toBe(join(cwd, `mlcontainer.config.${extension}`));
    },
  );

  test.each(['.git/HEAD', 'nx.json', 'pnpm-workspace.yaml', 'pyproject.toml'])(
    'searches up to the folder with %s',
    async (marker) => {
      const root = await project({ [marker]: '', 'mlcontainer.config.ts': CONFIG, 'a/b/x': '' });
      expect(await findConfig({ cwd: join(root, 'a/b') })).toBe(
        join(root, 'mlcontainer.config.ts'),
      );
    },
  );

  test('never searches above the root of the repository', async () => {
    const root = await project({
      'mlcontainer.config.ts': CONFIG,
      'repo/.git/HEAD': '',
      'repo/a/x': '',
    });
    const error = await failure(findConfig({ cwd: join(root, 'repo/a') }));
    expect(error.code).toBe('MLC1001');
  });

  test('looks into the folder alone where there is no repository', async () => {
    const root = await project({ 'mlcontainer.config.ts': CONFIG, 'a/x': '' });
    expect((await failure(findConfig({ cwd: join(root, 'a') }))).code).toBe('MLC1001');
  });

  test('stopDir widens and narrows the search', async () => {
    const root = await project({ 'mlcontainer.config.ts': CONFIG, 'a/b/x': '' });
    const cwd = join(root, 'a/b');
    expect(await findConfig({ cwd, stopDir: root })).toBe(join(root, 'mlcontainer.config.ts'));
    expect((await failure(findConfig({ cwd, stopDir: join(root, 'a') }))).code).toBe('MLC1001');
  });

  test('names a file that looks like the config', async () => {
    const cwd = await project({ 'mlcontainer.conf.ts': CONFIG });
    const error = await failure(findConfig({ cwd }));
    expect(error.data).toMatchObject({ near: 'mlcontainer.conf.ts' });
  });

  test('refuses two configs in one folder', async () => {
    const cwd = await project({ 'mlcontainer.config.ts': CONFIG, 'mlcontainer.config.js': CONFIG });
    const error = await failure(findConfig({ cwd }));
    expect(error).toMatchObject({ code: 'MLC1004', exitCode: 2 });
  });

  test('takes a named file, and only a readable module', async () => {
    const cwd = await project({ 'a/my.config.mts': CONFIG, 'config.json': '{}' });
    expect(await findConfig({ cwd, configFile: 'a/my.config.mts' })).toBe(
      join(cwd, 'a/my.config.mts'),
    );
    expect((await failure(findConfig({ cwd, configFile: 'config.json' }))).code).toBe('MLC1003');
    expect((await failure(findConfig({ cwd, configFile: 'gone.ts' }))).code).toBe('MLC1002');
  });

  test('a folder of that name is said to be unreadable, not missing', async () => {
    const cwd = await project({});
    await mkdir(join(cwd, 'mlcontainer.config.ts'));
    expect((await failure(findConfig({ cwd }))).code).toBe('MLC1002');
  });

  test('runs nothing of .config, which cosmiconfig would', async () => {
    const cwd = await project({
      '.config/config.js': 'globalThis.wasRun = true; throw new Error("not yours")',
      'package.json': '{ not json',
      'mlcontainer.config.ts': CONFIG,
    });
    expect(await findConfig({ cwd })).toBe(join(cwd, 'mlcontainer.config.ts'));
    expect('wasRun' in globalThis).toBe(false);
  });
});
