import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import { expect, onTestFinished, test } from 'vitest';
import { isCold, isLean, lateOptions, leanStart, toldStages } from './lean.ts';

const build = {
  platform: 'linux',
  env: { PATH: '/bin', GONE: undefined },
  argv: ['/usr/bin/node', '/x/bin.js', '--cwd', 'a', 'build', '--frozen'],
  execArgv: ['--conditions=x'],
  versions: { node: '24.21.0' },
};

test('a build starts again with the same words, a small young generation and two arenas', () => {
  expect(leanStart(build)).toEqual({
    args: [
      'node',
      '--conditions=x',
      '--max-semi-space-size=4',
      '--initial-old-space-size=32',
      '/x/bin.js',
      '--cwd',
      'a',
      'build',
      '--frozen',
    ],
    env: { PATH: '/bin', MALLOC_ARENA_MAX: '2', MLCONTAINER_LEAN: '1' },
  });
});

const lean = { ...build, env: { MLCONTAINER_LEAN: '1' } };

test('a Node that no test starts gets no option that only V8 promises', () => {
  const none = { undone: [], modules: [], options: [], waitsForThread: false };
  expect(lateOptions({ ...build, versions: { node: '26.0.0' } })).toEqual(none);
  expect(lateOptions({ ...lean, versions: { node: '26.0.0' } })).toEqual(none);
  expect(lateOptions({ ...build, argv: ['node', 'bin.js', 'plan'] })).toEqual(none);
});

test('a process that is not started again takes an option while it runs', () => {
  expect(lateOptions(build)).toMatchObject({
    undone: [],
    options: [
      '--invocation-count-for-maglev=4000',
      '--wasm-tiering-budget=650000000',
      '--semi-space-growth-factor=8',
    ],
    waitsForThread: false,
  });
});

test('one that was started again takes back what its start needed, and options when a thread runs', () => {
  const { undone, options, waitsForThread } = lateOptions(lean);
  const names = (words: readonly string[]) => words.map((word) => word.replace(/=.*/, ''));
  const started = leanStart(build)?.args.filter((word) => /=\d+$/.test(word)) ?? [];
  expect(names(undone)).toEqual(names(started));
  expect(undone.every((word) => word.endsWith('=0'))).toBe(true);
  expect(options).toContain('--heap-growing-percent=250');
  expect(waitsForThread).toBe(true);
});

test('what Node brings is loaded before the options change; the network for a push alone', () => {
  const ofBuild = lateOptions(build).modules;
  const ofPush = lateOptions({ ...build, argv: ['node', 'bin.js', 'push', 'a/b:c'] }).modules;
  expect(ofPush).toEqual(expect.arrayContaining([...ofBuild, 'net']));
  expect(lateOptions(lean).modules).toEqual(expect.arrayContaining([...ofPush, 'worker_threads']));
  expect(ofBuild).not.toContain('net');
  for (const name of lateOptions(lean).modules)
    expect(process.getBuiltinModule(`node:${name}`)).toBeDefined();
});

test('the second process is told from the first', () => {
  expect(isLean(build.env)).toBe(false);
  expect(isLean(leanStart(build)?.env ?? {})).toBe(true);
});

test('what the user says of arenas stays', () => {
  const start = leanStart({ ...build, env: { MALLOC_ARENA_MAX: '7' } });
  expect(start?.env['MALLOC_ARENA_MAX']).toBe('7');
});

test('the second process knows what the first one told', () => {
  expect(toldStages(leanStart(build, 9)?.env ?? {})).toBe(9);
  expect(toldStages(leanStart(build)?.env ?? {})).toBe(0);
  expect(toldStages({ MLCONTAINER_TOLD_STAGES: 'x' })).toBe(0);
});

test.each([
  ['it has started again already', { env: { MLCONTAINER_LEAN: '1' } }],
  ['another command', { argv: ['node', 'bin.js', 'plan'] }],
  ['another system', { platform: 'darwin' }],
])('not when: %s', (_, over) => {
  expect(leanStart({ ...build, ...over })).toBeUndefined();
});

test('a store is cold until it knows a layer, by whatever it is named', async () => {
  const root = await mkdtemp(join(tmpdir(), 'mlc-lean-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const env = { MLCONTAINER_CACHE_DIR: root };
  const { store } = nodePorts({ env });
  await store.writeRecord('another', 'key', {});
  expect(isCold({ env, argv: [] })).toBe(true);
  await store.writeRecord('layer', 'key', {});
  expect(isCold({ env, argv: [] })).toBe(false);
  expect(isCold({ env: {}, argv: ['push', '--cache-dir', root] })).toBe(false);
  expect(isCold({ env: {}, argv: [`--cache-dir=${root}`, 'push'] })).toBe(false);
  expect(isCold({ env, argv: ['push', '--cache-dir', join(root, 'other')] })).toBe(true);
  expect(isCold({ env: {}, argv: [] })).toBe(true);
});
