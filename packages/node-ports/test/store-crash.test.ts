import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { createStore, storePrune } from '../src/index.ts';
import { sampleBytes, SAMPLES } from './fixtures/samples.ts';
import { workOn } from './fixtures/store-work.ts';
import { tempFolder } from './fixtures/temp-folder.ts';
import { requireProgram, runWorker, type WorkerResult } from './fixtures/worker-process.ts';

beforeAll(() => requireProgram('strace', 'apt-get install strace'));

/** One thread for files, so that the system calls come in one order and can be counted. */
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };

/** The calls that change the store; fewer of those that are frequent and alike. */
const CALLS: readonly (readonly [call: string, every: number])[] = [
  ['rename', 1],
  ['fsync', 1],
  ['fchmod', 1],
  ['pwrite64', 2],
  ['rmdir', 1],
  ['unlink', 1],
  ['mkdir', 6],
];

/** Runs the worker with a fault at the n-th call of a kind, and at all after it for `n+`. */
function runWithFault(
  root: string,
  call: string,
  when: number | string,
  fault: string,
): Promise<WorkerResult> {
  const inject = [`-e`, `trace=${call}`, '-e', `inject=${call}:${fault}:when=${when}`];
  return runWorker(root, { strace: ['-o', '/dev/null', ...inject], env: ONE_THREAD });
}

/** Whatever is found is right; whatever is missing can be made; nothing of the dead process is left. */
async function expectWhole(root: string): Promise<void> {
  const store = createStore({ root });
  for (const { seed, size, sha256 } of SAMPLES) {
    const path = await store.path(sha256);
    if (path !== undefined) expect(sampleBytes(seed, size).equals(await readFile(path))).toBe(true);
    expect([undefined, JSON.stringify({ sha256, size })]).toContain(
      JSON.stringify(await store.readRecord('layer', `recipe-${seed}`)),
    );
  }
  await workOn(store);
  expect(await readdir(join(root, 'v1', 'tmp'))).toEqual([]);
}

describe('kill -9', () => {
  // How often a call is made depends on who comes first: until a run ends before the n-th.
  it.each(CALLS)('at every %s leaves a whole store', { timeout: 120_000 }, async (call, every) => {
    let kills = 0;
    for (let when = 1; ; when += every) {
      const root = join(await tempFolder(), 'store');
      const { result, signal, stderr } = await runWithFault(root, call, when, 'signal=KILL');
      await expectWhole(root);
      if (result === 'done') break;
      expect([result, signal], `${call} ${when}: ${stderr}`).toEqual([undefined, 'SIGKILL']);
      kills += 1;
    }
    expect(kills).toBeGreaterThan(0);
  });
});

describe('a disk that fails', () => {
  it.each([
    ['pwrite64', 2, 'ENOSPC', 'MLC7010'],
    ['pwrite64', 2, 'EDQUOT', 'MLC7010'],
    ['pwrite64', 2, 'EIO', 'MLC7012'],
    ['fsync', '1+', 'ENOSPC', 'MLC7010'],
    ['fsync', '1+', 'EIO', 'MLC7012'],
    ['rename', 2, 'ENOSPC', 'MLC7010'],
    ['rename', 2, 'EROFS', 'MLC7011'],
    ['mkdir', 2, 'EROFS', 'MLC7011'],
    ['mkdir', 2, 'EACCES', 'MLC7011'],
  ])('at %s %s with %s gives %s, and the next use succeeds', async (call, when, error, code) => {
    const root = join(await tempFolder(), 'store');
    const { result } = await runWithFault(root, call, when, `error=${error}`);
    expect(result).toBe(code);
    await expectWhole(root);
  });
});

it('a blob that is right is found, also where it cannot be synced and sealed', async () => {
  const root = join(await tempFolder(), 'store');
  await workOn(createStore({ root }));
  await rm(join(root, 'v1', 'seals'), { recursive: true });
  const { result } = await runWithFault(root, 'fsync', '1+', 'error=EIO');
  expect(result).toBe('done');
  expect(await readdir(join(root, 'v1'))).not.toContain('seals');
});

describe('sixteen processes at once', () => {
  it('work on one store without an error', { timeout: 120_000 }, async () => {
    const root = join(await tempFolder(), 'store');
    const results = await Promise.all(
      Array.from({ length: 16 }, () => runWorker(root, { rounds: 5 })),
    );
    expect(results.map(({ result, stderr }) => result ?? stderr)).toEqual(
      Array.from({ length: 16 }, () => 'done'),
    );
    await expectWhole(root);
  });

  it(
    'heal together what was damaged, while some are killed and one prunes',
    { timeout: 120_000 },
    async () => {
      const root = join(await tempFolder(), 'store');
      const kill = [
        '-o',
        '/dev/null',
        '-e',
        'trace=rename',
        '-e',
        'inject=rename:signal=KILL:when=3',
      ];
      const workers = Array.from({ length: 10 }, (_, index) =>
        runWorker(root, index % 3 === 0 ? { strace: kill, env: ONE_THREAD } : { rounds: 3 }),
      );
      await storePrune(root, { maxSize: 0 });
      const results = await Promise.all(workers);
      expect(results.filter(({ signal }) => signal === null).map(({ result }) => result)).toEqual(
        Array(6).fill('done'),
      );
      await expectWhole(root);
    },
  );
});
