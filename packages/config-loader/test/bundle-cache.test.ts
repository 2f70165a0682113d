import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure, load, project } from './project.ts';

const CONFIG = "export default { name: 'bundled', model: 'm' };";
const PLUGIN = {
  'node_modules/part/package.json': '{ "type": "module", "exports": "./index.js" }',
  'node_modules/part/index.js': "export const name = 'bundled';",
};
const WITH_PLUGIN = "import { name } from 'part'; export default { name: `${name}`, model: 'm' };";

/** A project whose config was loaded once with a cache, and the folder of that. */
async function loadedOnce(files: Readonly<Record<string, string>>) {
  const root = await project({ 'app/package.json': '{}', ...files });
  const [app, cacheFolder] = [join(root, 'app'), join(root, 'cache')];
  await load(app, { cacheFolder });
  return { app, cacheFolder };
}

/** What is kept, changed so that the result tells whether it was taken: `kept` in place of `bundled`. */
async function mark(cacheFolder: string, seal = checksum): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    const text = await readFile(join(cacheFolder, name), 'utf8');
    const body = text.slice(text.indexOf('\n') + 1).replace(/\bbundled\b|\$\{name\}/, 'kept');
    await writeFile(join(cacheFolder, name), `${seal(body)}\n${body}`);
  }
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

async function nameIn(app: string, cacheFolder: string): Promise<string> {
  return (await load(app, { cacheFolder })).config.name;
}

describe('a kept bundle', () => {
  test.each<[string, Record<string, string>]>([
    ['a config alone', { 'app/mlcontainer.config.ts': CONFIG }],
    [
      'imports with and without an extension',
      {
        'app/mlcontainer.config.ts':
          "import { n } from './a'; export default { name: 'bundled', model: n };",
        'app/a.ts': "export { n } from './lib/b.js';",
        'app/lib/b.js': "export const n = 'm';",
      },
    ],
    ['a package', { 'app/mlcontainer.config.ts': WITH_PLUGIN, ...below('app', PLUGIN) }],
    ['a package further up', { 'app/mlcontainer.config.ts': WITH_PLUGIN, ...PLUGIN }],
    [
      'modules of Node, and the own place',
      {
        'app/mlcontainer.config.ts':
          "import { basename } from 'node:path'; export default { name: 'bundled', model: basename(__filename) };",
      },
    ],
    [
      'what is found beside the tool alone',
      {
        'app/mlcontainer.config.ts':
          "import { defineConfig } from '@mlcontainer/plugin-kit'; export default { name: 'bundled', model: 'm' };",
      },
    ],
  ])('is taken where nothing has changed: %s', async (_, files) => {
    const { app, cacheFolder } = await loadedOnce(files);
    expect(await readdir(cacheFolder)).toHaveLength(1);
    await mark(cacheFolder);
    expect(await nameIn(app, cacheFolder)).toBe('kept');
  });

  const EXTENDED = {
    'app/mlcontainer.config.ts':
      "import { m } from './lib'; import { name } from 'part'; export default { name: `${name}`, model: m };",
    'app/lib.ts': "export const m = 'm';",
    ...PLUGIN,
  };

  test.each<[string, Record<string, string>]>([
    ['the config', { 'app/mlcontainer.config.ts': `${EXTENDED['app/mlcontainer.config.ts']} ` }],
    ['a file that it imports', { 'app/lib.ts': "export const m = 'n';" }],
    ['a file that comes before that', { 'app/lib.tsx': "export const m = 'm';" }],
    [
      'the package.json of a package',
      {
        'node_modules/part/package.json': '{ "type": "module", "exports": "./other.js" }',
        'node_modules/part/other.js': "export const name = 'bundled';",
      },
    ],
    ['a nearer package of that name', below('app', PLUGIN)],
    ['how the project is read', { 'app/package.json': '{ "type": "module" }' }],
    ['a nearer package.json', { 'package.json': '{}', 'app/package.json': '' }],
    ['who resolves', { '.pnp.cjs': '' }],
  ])('is not taken after a change of %s', async (_, changes) => {
    const { app, cacheFolder } = await loadedOnce(EXTENDED);
    expect(await readdir(cacheFolder)).toHaveLength(1);
    await mark(cacheFolder);
    expect(await nameIn(app, cacheFolder)).toBe('kept');
    for (const [path, text] of Object.entries(changes)) {
      const file = join(dirname(app), path);
      await mkdir(dirname(file), { recursive: true });
      if (text === '' && path.endsWith('package.json')) await rm(file);
      else await writeFile(file, text);
    }
    expect(await nameIn(app, cacheFolder)).toBe('bundled');
  });

  test('is not taken after a link of a package leads elsewhere', async () => {
    const files = { 'app/mlcontainer.config.ts': WITH_PLUGIN, 'app/node_modules/x': '' };
    const root = await project({
      ...files,
      'one/package.json': PLUGIN['node_modules/part/package.json'],
      'one/index.js': PLUGIN['node_modules/part/index.js'],
      'two/package.json': PLUGIN['node_modules/part/package.json'],
      'two/index.js': PLUGIN['node_modules/part/index.js'],
    });
    const [app, cacheFolder] = [join(root, 'app'), join(root, 'cache')];
    const link = join(app, 'node_modules/part');
    await symlink('../../one', link);
    await load(app, { cacheFolder });
    await mark(cacheFolder);
    expect(await nameIn(app, cacheFolder)).toBe('kept');
    await rm(link);
    await symlink('../../two', link);
    expect(await nameIn(app, cacheFolder)).toBe('bundled');
  });

  test('is not taken where it is damaged', async () => {
    const { app, cacheFolder } = await loadedOnce({ 'app/mlcontainer.config.ts': CONFIG });
    await mark(cacheFolder, () => 'another sum');
    expect(await nameIn(app, cacheFolder)).toBe('bundled');
    const [name = ''] = await readdir(cacheFolder);
    await writeFile(join(cacheFolder, name), '');
    expect(await nameIn(app, cacheFolder)).toBe('bundled');
  });

  test('is neither taken nor written where others may write', async () => {
    const { app, cacheFolder } = await loadedOnce({ 'app/mlcontainer.config.ts': CONFIG });
    await mark(cacheFolder);
    await chmod(cacheFolder, 0o777);
    expect(await nameIn(app, cacheFolder)).toBe('bundled');
    await rm(join(cacheFolder, (await readdir(cacheFolder))[0] ?? ''));
    expect(await nameIn(app, cacheFolder)).toBe('bundled');
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  test('is not taken through a link in the place of its folder', async () => {
    const { app, cacheFolder } = await loadedOnce({ 'app/mlcontainer.config.ts': CONFIG });
    await mark(cacheFolder);
    const link = `${await realpath(cacheFolder)}-link`;
    await symlink(cacheFolder, link);
    expect(await nameIn(app, link)).toBe('bundled');
  });
});

describe('nothing is kept', () => {
  test.each<[string, Record<string, string>]>([
    [
      'JSON, which esbuild reads by itself',
      {
        'app/mlcontainer.config.ts': "import m from './m.json'; export default m;",
        'app/m.json': '{ "model": "m" }',
      },
    ],
    [
      'an import by a pattern',
      {
        'app/mlcontainer.config.ts':
          "const n = 'a'; const { model } = await import(`./x/${n}.ts`); export default { model };",
        'app/x/a.ts': "export const model = 'm';",
      },
    ],
    [
      'a name of the project itself',
      {
        'app/package.json': '{ "imports": { "#m": "./m.js" } }',
        'app/mlcontainer.config.ts': "import { model } from '#m'; export default { model };",
        'app/m.js': "export const model = 'm';",
      },
    ],
    [
      'a folder',
      {
        'app/mlcontainer.config.ts': "import { model } from './m'; export default { model };",
        'app/m/index.js': "export const model = 'm';",
      },
    ],
    [
      'a file that a package names by a pattern',
      {
        'app/mlcontainer.config.ts': "import { model } from 'p/m.js'; export default { model };",
        'node_modules/p/package.json': '{ "type": "module", "exports": { "./*": "./src/*" } }',
        'node_modules/p/src/m.js': "export const model = 'm';",
      },
    ],
  ])('of a config with %s', async (_, files) => {
    const { cacheFolder } = await loadedOnce(files);
    expect(await readdir(cacheFolder).catch(() => [])).toEqual([]);
  });

  test('of a config that cannot be bundled', async () => {
    const root = await project({ 'mlcontainer.config.ts': 'export default {' });
    const cacheFolder = join(root, 'cache');
    expect((await failure(load(root, { cacheFolder }))).code).toBe('MLC1005');
    expect(await readdir(cacheFolder).catch(() => [])).toEqual([]);
  });
});

test('errors out of a kept bundle name the same lines', async () => {
  const text = "import { f } from './f.ts';\n\nexport default { model: f() };";
  const root = await project({
    'mlcontainer.config.ts': text,
    'f.ts': "export const f = () => {\n  throw new Error('no');\n};",
  });
  const cacheFolder = join(root, 'cache');
  const first = await failure(load(root, { cacheFolder }));
  expect(await readdir(cacheFolder)).toHaveLength(1);
  const second = await failure(load(root, { cacheFolder }));
  expect(second.code).toBe('MLC1007');
  expect(second.data).toEqual(first.data);
  expect(second.data).toMatchObject({ file: join(root, 'f.ts'), line: 2, column: 9 });
});

test('a kept config is run again each time', async () => {
  const text =
    'export default () => ({ model: `m${(globalThis.mlcRuns = (globalThis.mlcRuns ?? 0) + 1)}` });';
  const root = await project({ 'mlcontainer.config.js': text, 'node_modules/x/y': '' });
  const run = async () =>
    (await load(root, { cacheFolder: join(root, 'cache') })).config.model.path;
  expect([await run(), await run(), await run()]).toEqual(['m1', 'm2', 'm3']);
  expect(await readdir(join(root, 'node_modules'))).toEqual(['x']);
});

function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]),
  );
}
