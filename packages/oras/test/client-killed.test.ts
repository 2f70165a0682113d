import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  startDockerRegistry,
  startRegistry,
  tempProject,
  type JournalEntry,
  type TempProject,
  type TestRegistry,
} from '@mlcontainer/testing';
import { beforeAll, describe, expect, it } from 'vitest';

import { openLayoutTarget, pushGraph } from '../src/index.ts';
import { endOfClient, startClient, type Job } from './support/client-processes.ts';
import { collect, graphOf } from './support/contents.ts';
import { seed, withLab } from './support/lab.ts';

const SIZES = [300_000, 400_000] as const;
const BYTES = 700_000;
const STRACE = 'strace';
const BIG = {
  repository: 'team/app',
  sizes: [1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000],
};
const { signal } = new AbortController();
const LONG = { timeout: 240_000 };

/** Each way to upload: how many bytes go with one request at most, and which requests are new in it. */
const FORMS: readonly (readonly [
  name: string,
  chunkBytes: number | undefined,
  methods: string[],
])[] = [
  ['whole blobs', undefined, []],
  ['chunks', 150_000, ['PATCH']],
];

function jobOn(registry: TestRegistry, more: Partial<Job> = {}): Job {
  return { registry: registry.host, repository: 'team/app', sizes: SIZES, ...more };
}

/** Whether a request has come to the state at which the client is killed. */
type Reached = (entry: JournalEntry) => boolean;

/** What is asked of a registry that no fault strikes, by the kind of request. */
async function courseOf(chunkBytes: number | undefined): Promise<readonly JournalEntry[]> {
  await using registry = await startRegistry();
  const more = chunkBytes === undefined ? {} : { chunkBytes };
  expect(await endOfClient(startClient(jobOn(registry, more)))).toMatchObject({ code: 0 });
  return [...registry.journal.entries];
}

/**
 * The first and the last request of each kind: on arrival, after the answer, and in the middle of a body. What lies
 * between is of the same kinds.
 */
function statesOf(course: readonly JournalEntry[], methods: readonly string[]): readonly Reached[] {
  const kinds = Object.values(
    Object.groupBy(course, ({ method, endpoint }) => `${method} ${endpoint}`),
  );
  const chosen = kinds.flatMap((kind = []) => [...new Set([kind[0], kind.at(-1)])]);
  return chosen
    .filter((entry) => entry !== undefined)
    .filter(({ method }) => methods.length === 0 || methods.includes(method))
    .flatMap(({ index, requestBytes }) => [
      (entry: JournalEntry) => entry.index === index,
      (entry: JournalEntry) => entry.index === index && entry.status > 0,
      ...(requestBytes > 100_000
        ? [(entry: JournalEntry) => entry.index === index && entry.requestBytes > 100_000]
        : []),
    ]);
}

async function killedAt(reached: Reached, chunkBytes: number | undefined): Promise<void> {
  await using registry = await startRegistry();
  const job = jobOn(registry, chunkBytes === undefined ? {} : { chunkBytes });
  const first = startClient(job);
  const ended = endOfClient(first);
  await Promise.race([
    registry.journal.when((entry) => reached(entry) && first.kill('SIGKILL')),
    ended,
  ]);
  await ended;
  // What was on its way when the client went counts as finished or not before the second one starts.
  await settled(registry);
  const finished = new Set(registry.commits.map(({ digest }) => digest));
  const before = registry.commits.length;
  const sent = await pushAgain(job);
  expect(registry.tags('team/app')).toEqual(['v1']);
  const again = registry.commits.slice(before).filter(({ how }) => how === 'upload');
  expect(again.filter(({ digest }) => finished.has(digest))).toEqual([]);
  const held = graphOf(...SIZES).blobs.filter(({ descriptor }) => finished.has(descriptor.digest));
  const saved = held.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  expect(sent).toBeLessThanOrEqual(BYTES + 2000 - saved);
}

/** A second run; the bytes that it sent. */
function pushAgain({ registry, repository, sizes, tag = 'v1', chunkBytes }: Job): Promise<number> {
  const client = chunkBytes === undefined ? {} : { chunkBytes };
  return withLab({ client }, async (lab) => {
    const target = lab.client.repository({ registry, repository });
    const graph = { ...graphOf(...sizes), tags: [tag] };
    return (await pushGraph(target, graph, { signal: lab.signal })).sent;
  });
}

async function settled({ journal }: TestRegistry): Promise<void> {
  const open = (): boolean => journal.entries.some(({ outcome }) => outcome === 'open');
  if (open()) await journal.when(() => !open());
}

describe.each(FORMS)('a client that is killed while it pushes %s', (_, chunkBytes, methods) => {
  it(
    'at any state of any request: a second run succeeds and sends no finished blob',
    LONG,
    async () => {
      const states = statesOf(await courseOf(chunkBytes), methods);
      expect(states.length).toBeGreaterThan(chunkBytes === undefined ? 12 : 4);
      for (const reached of states) await killedAt(reached, chunkBytes);
    },
  );
});

describe('a client that is killed while it copies into a layout', () => {
  beforeAll(() => {
    try {
      execFileSync(STRACE, ['-V'], { stdio: 'ignore' });
    } catch (cause) {
      throw new Error('this test needs strace: apt-get install strace', { cause });
    }
  });

  it('at every rename: a second run succeeds and fetches no finished blob', LONG, async () => {
    await using registry = await startRegistry();
    await using project = await tempProject();
    const graph = graphOf(...SIZES);
    await seed(registry, graph);
    const trace = project.path('trace');
    const whole = jobOn(registry, { layout: project.path('whole') });
    const traced = [STRACE, '-f', '-o', trace, '-e', 'trace=/rename'];
    expect(await endOfClient(startClient(whole, traced))).toMatchObject({ code: 0 });
    const renames = (await readFile(trace, 'utf8'))
      .split('\n')
      .filter((line) => /rename\w*\(/.test(line));
    expect(renames.length).toBeGreaterThanOrEqual(4);
    for (let nth = 1; nth <= renames.length; nth += 1) {
      const job = jobOn(registry, { layout: project.path(`layout-${nth}`) });
      const inject = [`-e`, `inject=/rename:signal=KILL:when=${nth}`];
      const under = [STRACE, '-f', '-o', '/dev/null', '-e', 'trace=/rename', ...inject];
      expect((await endOfClient(startClient(job, under))).code).not.toBe(0);
      const there = new Set(await blobsIn(job.layout ?? ''));
      registry.journal.clear();
      expect(await endOfClient(startClient(job))).toMatchObject({ code: 0, errors: '' });
      const fetched = registry.journal.of({ endpoint: 'blob', method: 'GET' });
      expect(fetched.filter(({ reference }) => there.has(reference))).toEqual([]);
      const layout = openLayoutTarget(job.layout ?? '');
      expect(await layout.resolve('v1', { signal })).toEqual(graph.manifest.descriptor);
      for (const { descriptor, open } of [...graph.blobs, graph.manifest])
        expect(await collect(layout.fetch(descriptor, { signal }))).toEqual(await collect(open()));
    }
  });
});

async function blobsIn(layout: string): Promise<readonly string[]> {
  const names = await listed(`${layout}/blobs/sha256`);
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => `sha256:${name}`);
}

describe('sixteen clients at once on one repository', () => {
  const tags = Array.from({ length: 16 }, (_, at) => `v${at}`);

  it('of the strict registry', LONG, async () => {
    await using registry = await startRegistry();
    const ends = await Promise.all(
      tags.map((tag) => endOfClient(startClient(jobOn(registry, { tag })))),
    );
    expect(ends.map(({ code, errors }) => [code, errors])).toEqual(tags.map(() => [0, '']));
    expect(registry.tags('team/app').toSorted()).toEqual(tags.toSorted());
    expect(registry.openUploads()).toBe(0);
  });

  it(
    'of docker-registry, which is killed and started again in the middle of it',
    LONG,
    async () => {
      await using project = await tempProject();
      await using registry = await startDockerRegistry(project.path('registry'));
      const uploads = inStorage(project, '_uploads');
      const sizes = [1_000_000, 1_500_000];
      const job = (tag: string): Job => ({ ...BIG, sizes, registry: registry.host, tag });
      const running = tags.map((tag) => endOfClient(startClient(job(tag))));
      await until(async () => (await listed(uploads)).length >= 3);
      await registry.kill();
      await registry.start();
      // Whoever gave up says why in the words of the catalogue, and the next run ends well.
      for (const { code, errors } of await Promise.all(running))
        if (code !== 0) expect(errors).toMatch(/MLC\d{4}/);
      expect(await Promise.all(tags.map((tag) => pushAgain(job(tag))))).toHaveLength(16);
      expect(await listed(inStorage(project, '_manifests/tags'))).toEqual(tags.toSorted());
    },
  );
});

describe('docker-registry that is killed while a client pushes', () => {
  it.each([0, 1, 3])('when %i blobs are there: none of them is sent again', LONG, async (count) => {
    await using project = await tempProject();
    await using registry = await startDockerRegistry(project.path('registry'));
    const [uploads, layers] = [
      inStorage(project, '_uploads'),
      inStorage(project, '_layers/sha256'),
    ];
    const job: Job = { ...BIG, registry: registry.host, slowly: true };
    const first = endOfClient(startClient(job));
    await until(
      async () => (await listed(uploads)).length > 0 && (await listed(layers)).length >= count,
    );
    await registry.kill();
    const finished = await listed(layers);
    await registry.start();
    const { code, errors } = await first;
    if (code !== 0) expect(errors).toMatch(/MLC\d{4}/);
    const { blobs } = graphOf(...BIG.sizes);
    const missing = blobs.filter(
      ({ descriptor }) => !finished.includes(descriptor.digest.slice(7)),
    );
    const rest = missing.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    const sent = await pushAgain(job);
    // The manifest comes on top.
    expect(sent).toBeLessThanOrEqual(code === 0 ? 0 : rest + 5000);
  });
});

/** A folder of the repository in the storage of docker-registry. */
function inStorage(project: TempProject, name: string): string {
  return project.path(`registry/data/docker/registry/v2/repositories/team/app/${name}`);
}

async function listed(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).toSorted();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}
