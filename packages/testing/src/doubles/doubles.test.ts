import { stat } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { fakeClock, fakeFacts, fakePorts, recordingHost, tempProject } from '../index.ts';

const { signal } = new AbortController();

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it('fakeFacts are those of a regressor, but for what is different', () => {
  expect(fakeFacts({ format: 'onnx' })).toMatchObject({ format: 'onnx', trust: 'code' });
  expect(fakeFacts()).toEqual(JSON.parse(JSON.stringify(fakeFacts())));
});

it('recordingHost keeps events by their codes', () => {
  const host = recordingHost();
  host.notify({ code: 'stage-start', stage: 'plan' });
  host.notify({ code: 'note', message: 'x' });
  expect(host.codes()).toEqual(['stage-start', 'note']);
  expect(host.of('stage-start')[0]?.stage).toBe('plan');
});

it('tempProject has its files, and is gone afterwards', async () => {
  const roots: string[] = [];
  {
    await using project = await tempProject({ 'src/handler.py': 'pass\n' });
    roots.push(project.root);
    expect((await stat(project.path('src/handler.py'))).size).toBe(5);
  }
  for (const root of roots) await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('fakeClock does not wait', async () => {
  const clock = fakeClock();
  await clock.sleep(60_000, signal);
  clock.advance(1000);
  expect([clock.now().toISOString(), clock.monotonic(), clock.sleeps]).toEqual([
    '2026-01-01T00:01:01.000Z',
    61_000,
    [60_000],
  ]);
  await expect(clock.sleep(1, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});

it('fakePorts answer what is scripted and note what is asked', async () => {
  await using project = await tempProject();
  const ports = fakePorts({
    root: project.root,
    routes: { 'https://index.test/a': { body: 'text', headers: { ETag: '"1"' } } },
    programs: {
      uv: ({ args }) => ({ stdout: Buffer.from(`${args.join()}\n`), code: args.length - 1 }),
    },
  });
  const request = (url: string) => ports.http.request({ url, purpose: 'test', signal });
  const answer = await request('https://index.test/a');
  expect([answer.status, answer.header('etag'), await textOf(answer.body)]).toEqual([
    200,
    '"1"',
    'text',
  ]);
  expect((await request('https://index.test/b')).status).toBe(404);
  expect(await textOf(ports.exec.stream({ command: 'uv', args: ['pip'], signal }))).toBe('pip\n');
  await expect(
    textOf(ports.exec.stream({ command: 'uv', args: ['a', 'b'], signal })),
  ).rejects.toMatchObject({ code: 'MLC7021' });
  await expect(ports.exec.run({ command: 'docker', args: [], signal })).rejects.toMatchObject({
    code: 'MLC7020',
  });
  const lines: string[] = [];
  const program = await ports.exec.spawn({
    command: 'uv',
    args: ['x'],
    signal,
    onLine: (_stream, line) => lines.push(line),
  });
  expect([
    await program.exited,
    lines,
    await ports.exec.which('uv'),
    await ports.exec.which('docker'),
  ]).toEqual([0, ['x'], '/usr/bin/uv', undefined]);
  expect(ports.calls).toEqual([
    'GET https://index.test/a',
    'GET https://index.test/b',
    'uv pip',
    'uv a b',
    'docker',
    'uv x',
  ]);
});

it('fakePorts store for real', async () => {
  await using project = await tempProject();
  const { store } = fakePorts({ root: project.path('store') });
  await store.writeRecord('kind', 'key', [1]);
  expect(await fakePorts({ root: project.path('store') }).store.readRecord('kind', 'key')).toEqual([
    1,
  ]);
});
