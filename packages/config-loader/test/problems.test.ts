import { join } from 'node:path';
import type { ConfigProblem } from '@mlcontainer/plugin-kit';
import { describe, expect, test } from 'vitest';
import { failure, failureOf, load, project } from './project.ts';

async function problemsOf(text: string): Promise<readonly ConfigProblem[]> {
  const error = await failureOf(text);
  expect(error).toMatchObject({ code: 'MLC1009', exitCode: 2 });
  return error.data['problems'] as readonly ConfigProblem[];
}

/** One problem of a config whose other keys are right. */
async function problem(text: string): Promise<ConfigProblem> {
  const problems = await problemsOf(`export default { model: 'm', ${text} };`);
  expect(problems).toHaveLength(1);
  return problems[0] as ConfigProblem;
}

const LOCATED = `import { defineConfig, debian } from '@mlcontainer/plugin-kit';
const server = {
  port: '8080',
};
// { platforms: ['arm64'] }
export default defineConfig(() => {
  return {
    name: 'Bad Name',
    model: {
      alow: [],
    },
    plugin: [],
    plugins: [false, [
      'sklearn']],
    base: debian('bookworm', {
      packages: ['OK?'],
    }),
    platforms: ['linux/amd64',
      'arm64'],
    env: { 'X Y': 'a',
      TOKEN: 42 },
    server,
  };
});`;

describe('registries', () => {
  test('name the place, and never the password that somebody put there', async () => {
    const found = await problem(
      "registries: { 'a.test:5000': { credentials: { username: 'me', password: 'SECRET' } } }",
    );
    expect(found.path).toMatch(/^registries\["a\.test:5000"\]\.credentials/);
    expect(JSON.stringify(found)).not.toContain('SECRET');
    const bare = await problem("registries: { 'a.test': { credentials: 'SECRET' } }");
    expect(JSON.stringify(bare)).not.toContain('SECRET');
  });

  test('suggest the key that was meant', async () => {
    const { hint } = await problem("registries: { 'a.test': { insecure: true } }");
    expect(hint).toContain('plainHttp');
    const { hint: near } = await problem("registries: { 'a.test': { mirror: ['b.test'] } }");
    expect(near).toBe('Did you mean `mirrors`?');
  });
});

describe('problems', () => {
  test('come all at once, each with the line that it stands on', async () => {
    const problems = await problemsOf(LOCATED);
    expect(problems.map(({ path, line }) => [path, line])).toEqual([
      ['server.port', 3],
      ['name', 8],
      ['model.path', 9],
      ['model.alow', 10],
      ['plugin', 12],
      ['plugins[1][0]', 14],
      ['base.packages[0]', 16],
      ['platforms[1]', 19],
      ['env["X Y"]', 20],
      ['env.TOKEN', 21],
    ]);
  });

  test('lead into the file that holds the value', async () => {
    const root = await project({
      'mlcontainer.config.ts':
        "import { shared } from './shared';\nexport default { ...shared, model: 'm' };",
      'shared.ts': "export const shared = {\n  compression: 'xz',\n};",
    });
    const error = await failure(load(root));
    expect(error.data['problems']).toMatchObject([
      { file: join(root, 'shared.ts'), line: 2, column: 16 },
    ]);
  });

  test.each<[string, Partial<ConfigProblem>]>([
    ['plugn: []', { path: 'plugn', hint: 'Did you mean `plugins`?' }],
    ['server: { workrs: 2 }', { path: 'server.workrs', hint: 'Did you mean `workers`?' }],
    ["compression: 'gzp'", { got: '"gzp"', hint: 'Did you mean "gzip"?' }],
    ["platforms: ['x86_64']", { path: 'platforms[0]', hint: 'Did you mean "linux/amd64"?' }],
    ['platforms: []', { path: 'platforms', expected: 'at least 1 entry' }],
    ["platforms: ['linux/amd64', 'linux/amd64']", { expected: 'each platform once' }],
    ['server: { port: 0 }', { path: 'server.port', expected: 'at least 1' }],
    ['server: { port: 70000 }', { expected: 'at most 65535' }],
    ['server: { port: 80.5 }', { expected: 'a whole number', got: '80.5' }],
    ["bytecode: 'yes'", { expected: 'true or false', got: '"yes"' }],
    ['requirements: [3]', { path: 'requirements[0]', expected: 'a string', got: '3' }],
    ['requirements: 3', { path: 'requirements', expected: 'a string or a list' }],
    ["base: 'debian'", { path: 'base', got: '"debian"' }],
    ["base: { kind: 'alpine' }", { path: 'base.kind', got: '"alpine"' }],
    ["base: { kind: 'image', reference: 'Not An Image' }", { path: 'base.reference' }],
    [
      "image: 'host/a:latest'",
      { path: 'image', hint: 'Leave the tag out; it is given when pushing.' },
    ],
    ["handler: 'handler.js'", { path: 'handler' }],
    ['name: null', { path: 'name', got: 'null' }],
    ['include: {}', { path: 'include', expected: 'a list', got: 'an object' }],
  ])('%s', async (text, expected) => {
    expect(await problem(text)).toMatchObject(expected);
  });

  test.each(['python', 'dependencies', 'target', 'port', 'tag'])(
    'know %s from other tools',
    async (key) => {
      const { hint } = await problem(`${key}: 'x'`);
      expect(hint).not.toMatch(/^Known keys/);
    },
  );

  test('a key that nobody knows gets the list of those that there are', async () => {
    expect((await problem("zzzzzz: 'x'")).hint).toMatch(/^Known keys: name, model/);
  });

  test('a function in place of a plugin is to be called', async () => {
    expect(await problem('plugins: [function sklearn() {}]')).toMatchObject({
      path: 'plugins[0]',
      hint: 'Call it: `sklearn()`.',
    });
  });

  test('a model that is missing, or half described', async () => {
    expect(await problemsOf('export default {};')).toMatchObject([
      { path: 'model', got: 'nothing' },
    ]);
    const allow = "export default { model: { path: 'm', allow: [{ global: 'x' }] } };";
    expect(await problemsOf(allow)).toMatchObject([
      { path: 'model.allow[0].reason' },
      { path: 'model.allow[0].global' },
    ]);
  });

  test.each([
    "env: { TOKEN: { secret: 'hunter2' } }",
    "env: { 'A B': 'hunter2' }",
    'env: { TOKEN: 7777777 }',
  ])('never repeat what may be secret: %s', async (text) => {
    expect(JSON.stringify(await problem(text))).not.toMatch(/hunter2|7777777/);
  });

  test('never repeat the credentials of a mirror', async () => {
    const text =
      "base: { kind: 'debian', suite: 'bookworm', packages: [], mirror: 'ftp://me:hunter2@host' }";
    expect(JSON.stringify(await problem(text))).not.toContain('hunter2');
  });
});
