import { expect, test } from 'vitest';
import { leanStart } from './lean.ts';

const build = {
  platform: 'linux',
  env: { PATH: '/bin', GONE: undefined },
  argv: ['/usr/bin/node', '/x/bin.js', '--cwd', 'a', 'build', '--frozen'],
  execArgv: ['--conditions=x'],
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

test('what the user says of arenas stays', () => {
  const start = leanStart({ ...build, env: { MALLOC_ARENA_MAX: '7' } });
  expect(start?.env['MALLOC_ARENA_MAX']).toBe('7');
});

test.each([
  ['it has started again already', { env: { MLCONTAINER_LEAN: '1' } }],
  ['another command', { argv: ['node', 'bin.js', 'plan'] }],
  ['another system', { platform: 'darwin' }],
])('not when: %s', (_, over) => {
  expect(leanStart({ ...build, ...over })).toBeUndefined();
});
