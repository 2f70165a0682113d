import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../src/table/commands.ts';
import { mlc } from './run.ts';

const run = promisify(execFile);

/** What bash offers for the last of some words. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const { stdout: script } = await mlc('completion bash');
  const ask = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _mlcontainer; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', ask, 'bash', 'mlcontainer', ...words]);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  test.each<[string[], string[]]>([
    [['bu'], ['build']],
    [
      ['build', '--pl'],
      ['--platform', '--plan'],
    ],
    [
      ['build', '--platform', ''],
      ['linux/amd64', 'linux/arm64'],
    ],
    [
      ['build', '-p', 'linux/a'],
      ['linux/amd64', 'linux/arm64'],
    ],
    [['run', '--engine', 'p'], ['podman']],
    [
      ['cache', ''],
      ['info', 'prune'],
    ],
    [['completion', 'z'], ['zsh']],
    [['--log-'], ['--log-level']],
  ])('%j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  test('offers every command, and files where a path belongs', async () => {
    expect(await offered('')).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
    expect(await offered('inspect', `${import.meta.dirname}/completion.t`)).toEqual([
      import.meta.filename,
    ]);
  });
});

describe('completion in other shells', () => {
  test.each(['zsh', 'fish'])('%s knows every command and option', async (shell) => {
    const { stdout } = await mlc(`completion ${shell}`);
    for (const { name, options } of COMMANDS) {
      expect(stdout).toMatch(new RegExp(`\\b${name}\\b`));
      for (const option of Object.keys(options)) expect(stdout).toContain(option);
    }
    await expect(stdout).toMatchFileSnapshot(`golden/completion.${shell}.txt`);
  });
});
