import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isMlcError, type ExecRequest } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { createExec } from './exec.ts';
import { createTail } from './tail.ts';

const env = { PATH: process.env.PATH };
const exec = createExec({ env, graceMs: 300 });
const signal = new AbortController().signal;

function shell(script: string, more: Partial<ExecRequest> = {}): ExecRequest {
  return { command: 'sh', args: ['-c', script], signal, ...more };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return isMlcError(error) ? error.code : String(error);
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Whether a process of this id lives; a zombie does not. */
async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') X');
  return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? 'X');
}

describe('run', () => {
  it('gives output and exit code, whatever it is', async () => {
    const result = await exec.run(
      shell('cat; echo warning >&2; exit 3', { stdin: Buffer.from('in') }),
    );
    expect([result.code, String(result.stdout), result.stderr]).toEqual([3, 'in', 'warning\n']);
  });

  it('gives 128 + the signal that ended a program', async () => {
    expect((await exec.run(shell('kill -9 $$'))).code).toBe(137);
  });

  it('passes arguments without a shell', async () => {
    const { stdout } = await exec.run({ command: 'printf', args: ['%s', '$HOME; `x` "'], signal });
    expect(String(stdout)).toBe('$HOME; `x` "');
  });

  it('does not mind a program that reads none of its input', async () => {
    expect(
      (await exec.run({ command: 'true', args: [], stdin: Buffer.alloc(1 << 20), signal })).code,
    ).toBe(0);
  });

  it('does not wait for input when the program has ended', async () => {
    const never = async function* () {
      yield Buffer.from('x');
      await new Promise(() => undefined);
    };
    expect((await exec.run(shell('exit 3', { stdin: never() }))).code).toBe(3);
  });

  it('keeps the end of a long standard error', async () => {
    const { stderr } = await exec.run(shell('yes 0123456789 | head -c 300000 >&2; echo end >&2'));
    expect(stderr.length).toBe(64 * 1024);
    expect(stderr.endsWith('end\n')).toBe(true);
  });

  it('ends a program that prints without end', async () => {
    const small = createExec({ env, graceMs: 300, stdoutLimit: 100_000 });
    expect(await codeOf(small.run(shell('yes')))).toBe('MLC7022');
  });

  it.each([
    ['a missing program', { command: 'mlc-no-such-program' }],
    ['a missing folder', { command: 'true', cwd: '/mlc/no/such/folder' }],
    ['a file that is no program', { command: '/etc/passwd' }],
    ['a name with NUL', { command: 'a\0b' }],
  ])('says MLC7020 for %s', async (_what, part) => {
    expect(await codeOf(exec.run({ args: [], signal, ...part }))).toBe('MLC7020');
    expect(await codeOf(textOf(exec.stream({ args: [], signal, ...part })))).toBe('MLC7020');
  });
});

describe('the environment', () => {
  it('is filtered where the request names none', async () => {
    const secret = createExec({
      env: { ...env, HOME: '/h', LC_ALL: 'C', GITHUB_TOKEN: 's', UV_INDEX_PASSWORD: 's' },
    });
    const { stdout } = await secret.run({ command: 'env', args: [], signal });
    const names = String(stdout)
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(['HOME', 'LC_ALL', 'PATH']);
  });

  it('is exactly that of the request where it names one', async () => {
    const { stdout } = await exec.run({
      command: '/usr/bin/env',
      args: [],
      env: { ONLY: 'this' },
      signal,
    });
    expect(String(stdout)).toBe('ONLY=this\n');
  });
});

describe('stream', () => {
  it('gives standard output as it comes', async () => {
    expect(await textOf(exec.stream(shell('printf a; printf b')))).toBe('ab');
  });

  it('throws at the end when the program failed', async () => {
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of exec.stream(shell('printf a; echo why >&2; exit 4')))
        seen.push(String(chunk));
    };
    expect(await codeOf(read())).toBe('MLC7021');
    expect(seen).toEqual(['a']);
  });

  it('ends the program when the reader has enough', async () => {
    let pid = '';
    for await (const chunk of exec.stream(shell('echo $$; exec sleep 60'))) {
      pid = String(chunk).trim();
      break;
    }
    expect(await isRunning(pid)).toBe(false);
  });
});

describe('abort', () => {
  it('starts nothing when aborted before', async () => {
    const reason = new Error('stop');
    await expect(exec.run({ ...shell('true'), signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  it('ends a program and its children, and throws the reason', async () => {
    const folder = await tempFolder();
    const controller = new AbortController();
    const reason = new Error('stop');
    const script = `sh -c 'echo $$ > child; echo ready; exec sleep 60' & wait`;
    const read = async (): Promise<void> => {
      for await (const _ of exec.stream(shell(script, { cwd: folder, signal: controller.signal })))
        controller.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    expect(await isRunning((await readFile(join(folder, 'child'), 'utf8')).trim())).toBe(false);
  });

  it('kills a program that ignores SIGTERM', async () => {
    const controller = new AbortController();
    const script = `trap '' TERM; echo ready; while :; do sleep 0.05; done`;
    const read = async (): Promise<void> => {
      for await (const _ of exec.stream(shell(script, { signal: controller.signal })))
        controller.abort(new Error('stop'));
    };
    await expect(read()).rejects.toThrow('stop');
  });
});

describe('which', () => {
  it('finds the first program on PATH, and no folder or plain file', async () => {
    const root = await tempFolder();
    for (const name of ['folder', 'plain', 'real']) await mkdir(join(root, name));
    await mkdir(join(root, 'folder', 'tool'));
    await writeFile(join(root, 'plain', 'tool'), '', { mode: 0o644 });
    await writeFile(join(root, 'real', 'tool'), '#!/bin/sh\n');
    await chmod(join(root, 'real', 'tool'), 0o755);
    const PATH = ['', 'missing', 'folder', 'plain', 'real']
      .map((name) => name && join(root, name))
      .join(':');
    const local = createExec({ env: { PATH } });
    expect(await local.which('tool')).toBe(join(root, 'real', 'tool'));
    expect(await local.which('other')).toBeUndefined();
    expect(await local.which('')).toBeUndefined();
    expect(await local.which(join(root, 'real', 'tool'))).toBe(join(root, 'real', 'tool'));
    expect(await createExec({ env: {} }).which('sh')).toBeUndefined();
  });
});

describe('createTail', () => {
  it('keeps exactly the end of any chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40 })),
        fc.integer({ min: 8, max: 64 }),
        (texts, limit) => {
          const tail = createTail(limit);
          for (const text of texts) tail.push(Buffer.from(text));
          const whole = Buffer.from(texts.join(''));
          const kept = Buffer.from(tail.text());
          expect(texts.join('').endsWith(tail.text())).toBe(true);
          expect(kept.byteLength).toBeGreaterThan(Math.min(whole.byteLength, limit) - 4);
          expect(kept.byteLength).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });
});
