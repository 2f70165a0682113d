import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isPlugin } from '@mlcontainer/plugin-kit';
import { describe, expect, test } from 'vitest';
import { failure, failureOf, filesBelow, load, project } from './project.ts';

describe('loadConfig', () => {
  test('fills the defaults in', async () => {
    const root = await project({
      'mlcontainer.config.ts': "export default { model: 'm.joblib' };",
    });
    const { config, file, inputs } = await load(root);
    expect(file).toBe(join(root, 'mlcontainer.config.ts'));
    expect(inputs).toEqual([file]);
    expect(config).toMatchObject({
      model: { path: 'm.joblib', allow: [] },
      plugins: [],
      base: { kind: 'debian', suite: 'bookworm', packages: [] },
      platforms: ['linux/amd64'],
      requirements: [],
      bytecode: true,
      trim: true,
      compression: 'gzip-members',
      server: { port: 8080 },
    });
  });

  test('makes the files of registries relative to the config', async () => {
    const root = await project({
      'mlcontainer.config.ts': `import { resolve } from 'node:path';
        export default { model: 'm', registries: {
          'a.test:5000': { ca: resolve(import.meta.dirname, 'ca.pem'), clientCert: { cert: 'c.pem', key: './k.pem' } },
          'localhost:5000': { plainHttp: true, credentials: { usernameEnv: 'U', passwordEnv: 'P' } },
        } };`,
    });
    expect((await load(root)).config.registries).toEqual({
      'a.test:5000': { ca: 'ca.pem', clientCert: { cert: 'c.pem', key: './k.pem' } },
      'localhost:5000': { plainHttp: true, credentials: { usernameEnv: 'U', passwordEnv: 'P' } },
    });
  });

  test.each([
    ['ts', "enum A { B = 'm' }; export default { model: A.B as string } satisfies object;"],
    ['mts', "const a: string = 'm'; export default { model: a };"],
    ['cts', "const a: string = 'm'; module.exports = { model: a };"],
    ['cts', "import x = require('node:path'); export = { model: x.basename('m') };"],
    ['js', "export default { model: 'm' };"],
    ['js', "module.exports = { model: require('node:path').basename('m') };"],
    ['mjs', "export default { model: 'm' };"],
    ['cjs', "module.exports = { model: 'm' };"],
    [
      'cjs',
      "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = { model: 'm' };",
    ],
    ['ts', "export default Promise.resolve({ model: 'm' });"],
    ['ts', "export default async () => ({ model: 'm' });"],
    ['ts', "const { m } = await Promise.resolve({ m: 'm' }); export default { model: m };"],
  ])('reads mlcontainer.config.%s: %s', async (extension, text) => {
    const root = await project({ [`mlcontainer.config.${extension}`]: text });
    expect((await load(root)).config.model.path).toBe('m');
  });

  test('calls a function with command, mode and ci', async () => {
    const text =
      'export default ({ command, mode, ci }) => ({ model: [command, mode, ci].join() });';
    const root = await project({ 'mlcontainer.config.ts': text });
    const env = { command: 'build', mode: 'staging', ci: true };
    expect((await load(root, { env })).config.model.path).toBe('build,staging,true');
  });

  test('imports files beside it with and without extension, and JSON, and lists them', async () => {
    const root = await project({
      'mlcontainer.config.ts':
        "import { a } from './a'; import b from './lib/b.json'; export default { model: a + b.b };",
      'a.ts': "import { c } from './lib/c.js'; export const a: string = c;",
      'lib/c.ts': "export const c = 'm';",
      'lib/b.json': '{ "b": "b" }',
    });
    const { config, inputs } = await load(root);
    expect(config.model.path).toBe('mb');
    expect(inputs.map((path) => path.slice(root.length + 1))).toEqual([
      'mlcontainer.config.ts',
      'a.ts',
      'lib/b.json',
      'lib/c.ts',
    ]);
  });

  test('knows its own place in every file', async () => {
    const root = await project({
      'mlcontainer.config.ts':
        "import { b } from './lib/b.ts'; export default { model: 'm', env: { A: __dirname, B: import.meta.url, C: import.meta.dirname, ...b } };",
      'lib/b.ts': 'export const b = { D: __filename, E: import.meta.filename };',
    });
    expect((await load(root)).config.env).toEqual({
      A: root,
      B: `file://${root}/mlcontainer.config.ts`,
      C: root,
      D: `${root}/lib/b.ts`,
      E: `${root}/lib/b.ts`,
    });
  });

  test('an edited config is loaded anew', async () => {
    const root = await project({ 'mlcontainer.config.ts': "export default { model: 'one' };" });
    expect((await load(root)).config.model.path).toBe('one');
    await writeFile(join(root, 'mlcontainer.config.ts'), "export default { model: 'two' };");
    expect((await load(root)).config.model.path).toBe('two');
  });

  test('awaits and flattens plugins, drops the falsy ones, and shares the contract with them', async () => {
    const root = await project({
      'mlcontainer.config.ts': `
        import { cloudRun } from 'stranger';
        import { definePlugin } from '@mlcontainer/plugin-kit';
        const own = definePlugin({ name: 'own', kind: 'target', api: 1, version: '1.0.0', docs: '', supports: {}, emit: () => [] });
        export default { model: 'm', plugins: [false, null, [Promise.resolve([own]), [cloudRun()]], 0 && own] };`,
      'node_modules/stranger/package.json':
        '{ "name": "stranger", "type": "module", "exports": "./index.js" }',
      'node_modules/stranger/index.js': "export const cloudRun = () => ({ name: 'stranger' });",
    });
    const { plugins } = (await load(root)).config;
    expect(plugins.map(({ name }) => name)).toEqual(['own', 'stranger']);
    expect(plugins.map(isPlugin)).toEqual([true, false]);
  });

  test('a config in CommonJS requires packages of both kinds', async () => {
    const root = await project({
      'mlcontainer.config.cjs':
        "const { a } = require('esm'); const { b } = require('cjs'); module.exports = { model: a + b };",
      'node_modules/esm/package.json':
        '{ "name": "esm", "type": "module", "exports": "./index.js" }',
      'node_modules/esm/index.js': "export const a = 'a';",
      'node_modules/cjs/package.json': '{ "name": "cjs", "main": "index.js" }',
      'node_modules/cjs/index.js': "exports.b = 'b';",
    });
    expect((await load(root)).config.model.path).toBe('ab');
  });

  test('one package is one module, however many files import it', async () => {
    const root = await project({
      'mlcontainer.config.ts':
        "import { token } from 'one'; import { other } from './other'; export default { model: String(token === other) };",
      'other.ts': "export { token as other } from 'one';",
      'node_modules/one/package.json':
        '{ "name": "one", "type": "module", "exports": "./index.js" }',
      'node_modules/one/index.js': 'export const token = {};',
    });
    expect((await load(root)).config.model.path).toBe('true');
  });

  test('makes an absolute path relative, since a plan names no path of one machine', async () => {
    const root = await project({
      'mlcontainer.config.ts': 'export default { model: `${__dirname}/models/m.joblib` };',
    });
    expect((await load(root)).config.model.path).toBe('models/m.joblib');
  });

  test('names the project after its folder', async () => {
    const root = await project({
      'My Model_2/mlcontainer.config.ts': "export default { model: 'm' };",
    });
    expect((await load(join(root, 'My Model_2'))).config.name).toBe('my-model-2');
  });
});

describe('what loading leaves behind', () => {
  const CONFIG = "export default { model: 'm' };";

  test('is nothing, with a node_modules', async () => {
    const root = await project({
      'mlcontainer.config.ts': CONFIG,
      'node_modules/x/package.json': '{}',
    });
    const before = await filesBelow(root);
    await Promise.all([load(root), load(root), load(root)]);
    expect(await filesBelow(root)).toEqual(before);
  });

  test('is nothing, and no node_modules, without one', async () => {
    const root = await project({ 'mlcontainer.config.ts': CONFIG });
    await load(root);
    expect(await filesBelow(root)).toEqual(['mlcontainer.config.ts']);
  });

  test('is nothing after a config that throws', async () => {
    const root = await project({
      'mlcontainer.config.ts': 'throw new Error("x")',
      'node_modules/x/package.json': '{}',
    });
    const before = await filesBelow(root);
    expect((await failure(load(root))).code).toBe('MLC1007');
    expect(await filesBelow(root)).toEqual(before);
  });

  test('a node_modules that cannot be written is no obstacle', async () => {
    // Mode bits do not stop root; a file in the folder's place stops everybody.
    const root = await project({
      'mlcontainer.config.ts': CONFIG,
      'node_modules/.mlcontainer': 'a file',
    });
    expect((await load(root)).config.model.path).toBe('m');
    const locked = await project({ 'mlcontainer.config.ts': CONFIG });
    await mkdir(join(locked, 'node_modules'));
    await chmod(join(locked, 'node_modules'), 0o555);
    expect((await load(locked)).config.model.path).toBe('m');
  });
});

describe('a config that fails', () => {
  test.each([true, false])(
    'throws at the line of the user (written to disk: %s)',
    async (onDisk) => {
      const text =
        "// one\nconst fail = (): never => {\n  throw new TypeError('no');\n};\nexport default fail();\n";
      const files = onDisk ? { 'node_modules/x/package.json': '{}' } : {};
      const root = await project({ 'mlcontainer.config.ts': text, ...files });
      const error = await failure(load(root));
      expect(error).toMatchObject({ code: 'MLC1007', exitCode: 2 });
      expect(error.data).toMatchObject({
        file: join(root, 'mlcontainer.config.ts'),
        line: 3,
        column: 9,
      });
      expect((error.cause as Error).stack).toContain(`${join(root, 'mlcontainer.config.ts')}:5:`);
    },
  );

  test('also on the first line beside what is injected there, and in a hashbang file', async () => {
    const first = await failureOf('const d = __dirname; throw new Error(d);');
    expect(first.data).toMatchObject({ line: 1, column: 28 });
    const second = await failureOf('#!/usr/bin/env node\nconst d = __dirname; throw new Error(d);');
    expect(second.data).toMatchObject({ line: 2, column: 28 });
  });

  test('in a file that it imports', async () => {
    const root = await project({
      'mlcontainer.config.ts': "import './lib/bad.ts'; export default { model: 'm' };",
      'lib/bad.ts': '\n\nthrow new Error("bad");',
    });
    const error = await failure(load(root));
    expect(error.data).toMatchObject({ file: join(root, 'lib/bad.ts'), line: 3 });
  });

  test('in its function, in a promise, and with something that is no error', async () => {
    expect(
      (await failureOf('export default () => {\n  throw new Error("x");\n};')).data,
    ).toMatchObject({ line: 2 });
    expect(
      (await failureOf('export default Promise.reject(\n  new Error("x"));')).data,
    ).toMatchObject({ line: 2 });
    expect((await failureOf('export default () => { throw 17; };')).code).toBe('MLC1007');
    expect((await failureOf('export default () => { throw undefined; };')).code).toBe('MLC1007');
  });

  test('in the factory of a plugin that it awaits', async () => {
    const error = await failureOf(
      "export default { model: 'm', plugins: [Promise.reject(new Error('no licence'))] };",
    );
    expect(error.code).toBe('MLC1007');
  });

  test('does not parse', async () => {
    const error = await failureOf("export default {\n  model: 'm'\n  name: 'x',\n};");
    expect(error).toMatchObject({ code: 'MLC1005', data: { line: 3, column: 3 } });
  });

  test.each(['mlcontainer-missing', './missing.ts', '@mlcontainer/missing'])(
    'imports %s',
    async (specifier) => {
      const error = await failureOf(
        `import x from 'node:fs';\nimport { a } from '${specifier}';\nexport default a;`,
      );
      expect(error).toMatchObject({ code: 'MLC1006', data: { line: 2, specifier } });
    },
  );

  test('imports a plugin that ships TypeScript', async () => {
    const root = await project({
      'mlcontainer.config.ts': "import { a } from 'raw';\nexport default { model: a };",
      'node_modules/raw/package.json':
        '{ "name": "raw", "type": "module", "exports": "./index.ts" }',
      'node_modules/raw/index.ts': "export const a: string = 'a';",
    });
    expect(await failure(load(root))).toMatchObject({ code: 'MLC1010', data: { line: 1 } });
  });

  test('imports a name that the package does not export, and hears of the near one', async () => {
    const root = await project({
      'mlcontainer.config.ts':
        "import { sklern } from 'plugin';\nexport default { model: sklern };",
      'node_modules/plugin/package.json':
        '{ "name": "plugin", "type": "module", "exports": "./index.js" }',
      'node_modules/plugin/index.js': 'export const sklearn = 1;',
    });
    const error = await failure(load(root));
    expect(error).toMatchObject({ code: 'MLC1007', data: { line: 1 } });
    expect(error.message).toMatch(/'plugin'.*sklern.*sklearn/);
    expect(error.message).not.toContain('file:');
  });

  test.each([
    '',
    'export const a = 1;',
    'export default 17;',
    'export default [];',
    'export default () => undefined;',
  ])('exports no config: %s', async (text) => {
    expect((await failureOf(text)).code).toBe('MLC1008');
  });

  test('stops waiting when it is interrupted', async () => {
    const root = await project({
      'mlcontainer.config.ts':
        'export default new Promise(() => setInterval(() => 0, 1e6).unref());',
    });
    const controller = new AbortController();
    const loading = load(root, { signal: controller.signal });
    const reason = new Error('stop');
    setTimeout(() => controller.abort(reason), 50);
    await expect(loading).rejects.toBe(reason);
  });

  test('is not even looked for after an interruption', async () => {
    const reason = new Error('stop');
    await expect(load('/nowhere', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
