import { isMlcError, type SpawnRequest } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';

import { createExec } from './exec.ts';

const exec = createExec({ env: { PATH: process.env.PATH }, graceMs: 300 });
const signal = new AbortController().signal;

function shell(script: string, more: Partial<SpawnRequest> = {}): SpawnRequest {
  return { command: 'sh', args: ['-c', script], signal, ...more };
}

describe('spawn', () => {
  it('comes back at once, and gives lines as they come', async () => {
    const lines: string[] = [];
    const program = await exec.spawn(
      shell('echo one; echo two >&2; printf "last line"; exit 4', {
        onLine: (stream, line) => lines.push(`${stream} ${line}`),
      }),
    );
    expect(await program.exited).toBe(4);
    expect(lines.toSorted()).toEqual(['stderr two', 'stdout last line', 'stdout one']);
  });

  it('signals the program alone, or its group', async () => {
    const script = "trap 'exit 7' TERM; sleep 60 & wait; echo missed";
    const one = await exec.spawn(shell(script));
    const group = await exec.spawn(shell('sleep 60 & wait'));
    one.kill('SIGTERM', 'program');
    group.kill('SIGKILL', 'group');
    one.kill('SIGKILL', 'group');
    expect([7, 137]).toContain(await one.exited);
    expect(await group.exited).toBe(137);
    group.kill('SIGTERM', 'program');
  });

  it('streams its input', async () => {
    async function* input() {
      for (let index = 0; index < 100; index += 1) yield Buffer.alloc(100_000, index);
    }
    const lines: string[] = [];
    const program = await exec.spawn(
      shell('wc -c', { input: input(), onLine: (_stream, line) => lines.push(line.trim()) }),
    );
    expect(await program.exited).toBe(0);
    expect(lines).toEqual(['10000000']);
  });

  it('fails with the error of its input, and does not mind input that nobody reads', async () => {
    async function* broken() {
      yield Buffer.alloc(10);
      throw new Error('no more');
    }
    const failing = await exec.spawn(shell('cat >/dev/null', { input: broken() }));
    await expect(failing.exited).rejects.toThrow('no more');
    async function* endless() {
      for (;;) yield Buffer.alloc(1 << 16);
    }
    const deaf = await exec.spawn(shell('exit 3', { input: endless() }));
    expect(await deaf.exited).toBe(3);
  });

  it('ends the program when the signal says so', async () => {
    const controller = new AbortController();
    const program = await exec.spawn(shell('exec sleep 60', { signal: controller.signal }));
    controller.abort();
    expect(await program.exited).toBe(143);
  });

  it('says that a program is missing', async () => {
    const error: unknown = await exec
      .spawn({ command: 'mlcontainer-no-such-program', args: [], signal })
      .catch((reason: unknown) => reason);
    expect(isMlcError(error) ? error.code : error).toBe('MLC7020');
  });
});
