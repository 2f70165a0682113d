import { open, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../src/json.ts';
import type { LayerJob } from '../src/layers/job.ts';
import type { LayerRunner } from '../src/layers/runner.ts';
import { threadedRunner } from '../src/layers/threads.ts';
import { testContext, type TestContext } from './support/context.ts';

let cx: TestContext;
let runner: LayerRunner;
const runnerOf = (jobs: string): LayerRunner =>
  threadedRunner(
    { env: { ...cx.env, MLCONTAINER_JOBS: jobs }, cacheDir: path.join(cx.root, '.store') },
    cx.ports.store,
  );
beforeEach(async () => {
  cx = await testContext();
  runner = runnerOf('2');
});
afterEach(async () => {
  await runner.close();
  await cx.dispose();
});

const modelJob = (file: string, hash: string, size: number): LayerJob => ({
  recipe: { kind: 'model', path: '/opt/model', inputs: [hash], compression: 'none' },
  file,
  size,
});

/** Not worth a thread. */
const SMALL = Buffer.from('weights');
const LARGE = Buffer.alloc(2 ** 20 + 1, 'weights');

async function model(bytes: Buffer): Promise<LayerJob> {
  const file = path.join(cx.root, 'model');
  await writeFile(file, bytes);
  return modelJob(file, sha256(bytes), bytes.length);
}

test.each([
  ['a thread', LARGE],
  ['the main thread', SMALL],
])('%s makes one layer after another, with the same bytes', async (_, bytes) => {
  const job = await model(bytes);
  const { signal } = cx;
  const layers = [await runner.run(job, { signal }), await runner.run(job, { signal })];
  expect(new Set(layers.map(({ digest }) => digest)).size).toBe(1);
  expect(await cx.ports.store.path(layers[0]!.digest.slice('sha256:'.length))).toBeDefined();
});

test.each([
  ['across threads', LARGE],
  ['in the main thread', SMALL],
])('an error keeps its code %s, and the thread goes on', async (_, bytes) => {
  const job = await model(bytes);
  const forged = modelJob(path.join(cx.root, 'model'), '0'.repeat(64), bytes.length);
  const { signal } = cx;
  await expect(runner.run(forged, { signal })).rejects.toMatchObject({
    code: 'MLC2112',
    data: { expected: '0'.repeat(64) },
  });
  await expect(runner.run(job, { signal })).resolves.toMatchObject({
    size: expect.any(Number) as number,
  });
});

test('an abort rejects with its reason and leaves nothing in the store', async () => {
  const file = path.join(cx.root, 'large');
  const handle = await open(file, 'w');
  await handle.truncate(8 * 2 ** 30);
  await handle.close();
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  const options = { signal: stop.signal, onStart: started.resolve };
  const running = runner.run(modelJob(file, '0'.repeat(64), 8 * 2 ** 30), options);
  await started.promise;
  await temporaryFile();
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(await filesBelow(path.join(cx.root, '.store'), /tmp/)).toEqual([]);
});

test.each([
  ['large', LARGE],
  ['small', SMALL],
])('a %s job that was not begun when it is aborted is not begun', async (_, bytes) => {
  const begun: string[] = [];
  const options = { signal: AbortSignal.abort(new Error('no')), onStart: () => begun.push('x') };
  await expect(runner.run(await model(bytes), options)).rejects.toThrow('no');
  expect(begun).toEqual([]);
});

test('as many layers as there are jobs are made at a time, one of them in this thread', async () => {
  const file = path.join(cx.root, 'weights');
  await writeFile(file, Buffer.alloc(32 * 2 ** 20, 'weights'));
  const hash = sha256(Buffer.alloc(32 * 2 ** 20, 'weights'));
  for (const jobs of [1, 2]) {
    const limited = runnerOf(String(jobs));
    const events: string[] = [];
    const one = (name: string): Promise<unknown> =>
      limited
        .run(modelJob(file, hash, 32 * 2 ** 20), {
          signal: cx.signal,
          onStart: () => events.push(`+${name}`),
        })
        .finally(() => events.push(`-${name}`));
    await Promise.all(['a', 'b', 'c'].map(one));
    await limited.close();
    const begun = events.findIndex((event) => event.startsWith('-'));
    expect([events.length, begun]).toEqual([6, jobs]);
  }
});

test('a thread that is prepared does the first job', async () => {
  runner.prepare?.();
  const layer = await runner.run(await model(LARGE), { signal: cx.signal });
  expect(await cx.ports.store.path(layer.digest.slice('sha256:'.length))).toBeDefined();
});

test.each([
  ['1', 'makes layers though it is held: there is no other'],
  ['2', 'makes none while it is held: another does'],
])('with %s at a time the calling thread %s', async (jobs) => {
  const file = path.join(cx.root, 'weights');
  const bytes = Buffer.alloc(32 * 2 ** 20, 'weights');
  await writeFile(file, bytes);
  const held = runnerOf(jobs);
  const release = held.hold?.();
  const events: string[] = [];
  const make = (): Promise<unknown> =>
    held
      .run(modelJob(file, sha256(bytes), bytes.length), {
        signal: cx.signal,
        onStart: () => events.push('begun'),
      })
      .finally(() => events.push('done'));
  await Promise.all([make(), make()]);
  release?.();
  await held.close();
  expect(events.indexOf('done')).toBe(1);
});

/** Waits until the worker writes into the store's temporary folder. */
async function temporaryFile(): Promise<void> {
  for (;;) {
    if ((await filesBelow(path.join(cx.root, '.store'), /tmp/)).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function filesBelow(folder: string, pattern: RegExp): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((name) => pattern.test(path.relative(folder, name)));
}
