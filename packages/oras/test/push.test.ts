import { startRegistry } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import { pushGraph } from '../src/graph/push-graph.ts';
import { codeOf } from './support/graph.ts';
import { asked, signal, testRepository } from './support/client.ts';
import { counted, imageOf, indexOf, layer, rootOf } from './support/image.ts';

it('pushes an image: questions, layers, config, manifest; a second push asks once', async () => {
  await using registry = await startRegistry();
  const { repository } = testRepository(registry, 'team/model');
  const image = imageOf([layer('a'), layer('b', 300_000)], 'v1');
  const first = await pushGraph(repository, image, { signal });
  expect([...first.outcomes.values()].map(({ how }) => how)).toEqual(Array(4).fill('uploaded'));
  expect(first.moved).toEqual(['v1']);
  const config = image.blobs.at(-1)?.descriptor.digest;
  expect(registry.commits.map(({ digest }) => digest).slice(-2)).toEqual([
    config,
    rootOf(image).descriptor.digest,
  ]);
  expect(registry.tags('team/model')).toEqual(['v1']);
  registry.journal.clear();
  const again = await pushGraph(testRepository(registry, 'team/model').repository, image, {
    signal,
  });
  expect(asked(registry)).toEqual(['HEAD manifest 200']);
  expect(again).toMatchObject({ sent: 0, moved: [] });
});

it('moves a tag, and opens no layer for that', async () => {
  await using registry = await startRegistry();
  const lazy = counted(layer('a'));
  const image = imageOf([lazy], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, image, { signal });
  registry.journal.clear();
  const { repository } = testRepository(registry, 'a');
  const result = await pushGraph(repository, { ...image, tags: ['v1', 'latest'] }, { signal });
  expect(result.moved).toEqual(['latest']);
  expect(asked(registry)).toEqual(['HEAD manifest 200', 'HEAD manifest 404', 'PUT manifest 201']);
  expect(lazy.opened()).toBe(1);
});

it('names an image that is there by another tag, and sends no part', async () => {
  await using registry = await startRegistry();
  const image = imageOf([layer('a')], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, image, { signal });
  const { repository } = testRepository(registry, 'a');
  const result = await pushGraph(repository, { ...image, tags: ['v2'] }, { signal });
  expect(result.moved).toEqual(['v2']);
  expect([...result.outcomes.keys()]).toEqual([rootOf(image).descriptor.digest]);
  expect(registry.tags('a')).toEqual(['v1', 'v2']);
});

it('an image without a tag is found by its digest', async () => {
  await using registry = await startRegistry();
  const image = imageOf([layer('a')]);
  await pushGraph(testRepository(registry, 'a').repository, image, { signal });
  registry.journal.clear();
  await pushGraph(testRepository(registry, 'a').repository, image, { signal });
  expect(asked(registry)).toEqual(['HEAD manifest 200']);
});

it('sends a changed layer alone, and opens no other', async () => {
  await using registry = await startRegistry();
  const base = counted(layer('base'));
  await pushGraph(testRepository(registry, 'a').repository, imageOf([base, layer('1')], 'v1'), {
    signal,
  });
  const { repository } = testRepository(registry, 'a');
  const progress: number[] = [];
  const result = await pushGraph(repository, imageOf([base, layer('2', 200_000)], 'v1'), {
    signal,
    onProgress: ({ descriptor, sent }) => {
      if (descriptor.size === 200_000) progress.push(sent);
    },
  });
  expect(base.opened()).toBe(1);
  expect([...result.outcomes.values()].map(({ how }) => how).sort()).toEqual([
    'present',
    'present',
    'uploaded',
    'uploaded',
  ]);
  expect(progress.at(-1)).toBe(200_000);
});

it('what the tagged image names is there, and is not asked for one by one', async () => {
  await using registry = await startRegistry();
  const [base, large] = [layer('base'), layer('large', 50_000)];
  const first = imageOf([base, large, layer('1')], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, first, { signal });
  registry.journal.clear();
  const second = imageOf([base, large, layer('2')], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, second, { signal });
  const asks = asked(registry);
  expect(asks.filter((ask) => ask.endsWith('404')).sort()).toEqual([
    'HEAD blob 404',
    'HEAD manifest 404',
  ]);
  expect(asks).toContain('GET manifest 200');
  expect(asks).not.toContain('HEAD blob 200');
});

it('a blob that was lost under the tagged image is sent again', async () => {
  const base = counted(layer('base'));
  const collected = {
    name: 'collected',
    on: { endpoint: 'manifest', method: 'PUT', nth: 2 },
    then: { kind: 'forget-blobs', digest: base.descriptor.digest },
  } as const;
  await using registry = await startRegistry({ faults: [collected] });
  await pushGraph(testRepository(registry, 'a').repository, imageOf([base, layer('1')], 'v1'), {
    signal,
  });
  const second = imageOf([base, layer('2')], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, second, { signal });
  expect(base.opened()).toBe(2);
  expect(await registry.readBlob('a', base.descriptor.digest)).toBeDefined();
});

it('where the tagged image cannot be read, each blob is asked for', async () => {
  const broken = {
    name: 'unreadable',
    on: { endpoint: 'manifest', method: 'GET' },
    then: { kind: 'change', status: 404 },
  } as const;
  await using registry = await startRegistry({ faults: [broken] });
  const base = layer('base');
  await pushGraph(testRepository(registry, 'a').repository, imageOf([base, layer('1')], 'v1'), {
    signal,
  });
  registry.journal.clear();
  const second = imageOf([base, layer('2')], 'v1');
  const { sent } = await pushGraph(testRepository(registry, 'a').repository, second, { signal });
  expect(sent).toBeGreaterThan(0);
  expect(asked(registry)).toContain('HEAD blob 200');
});

it('a blob that two layers share, and two pushes at once, is sent once', async () => {
  await using registry = await startRegistry();
  const { client } = testRepository(registry, 'a');
  const shared = counted(layer('shared'));
  const image = imageOf([shared, shared], 'v1');
  const repository = client.repository({ registry: registry.host, repository: 'a' });
  const twin = client.repository({ registry: registry.host, repository: 'a' });
  await Promise.all([
    pushGraph(repository, image, { signal }),
    pushGraph(twin, image, { signal }),
    repository.push(shared, { signal }),
  ]);
  expect(shared.opened()).toBe(1);
  const digest = shared.descriptor.digest;
  expect(registry.commits.filter((commit) => commit.digest === digest)).toHaveLength(1);
});

it('an index: children first; of a changed one only the changed image is looked at', async () => {
  await using registry = await startRegistry();
  const amd = imageOf([layer('amd'), layer('common')]);
  const arm = imageOf([layer('arm'), layer('common')]);
  const one = indexOf([amd, arm], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, one, { signal });
  expect(
    registry.commits.filter(({ how }) => how === 'manifest').map(({ digest }) => digest),
  ).toEqual(one.manifests.map(({ descriptor }) => descriptor.digest));
  registry.journal.clear();
  const two = indexOf([amd, imageOf([layer('arm 2'), layer('common')])], 'v1');
  await pushGraph(testRepository(registry, 'a').repository, two, { signal });
  const amdLayer = amd.blobs[0]?.descriptor.digest;
  expect(registry.journal.entries.some(({ reference }) => reference === amdLayer)).toBe(false);
  expect(registry.journal.of({ endpoint: 'upload', method: 'PUT', status: 201 })).toHaveLength(1);
});

it('stops everything at the first failure, and a second run sends nothing twice', async () => {
  await using registry = await startRegistry();
  const broken = {
    descriptor: layer('broken').descriptor,
    async *open() {
      yield new Uint8Array(10);
      throw new Error('the disk is gone');
    },
  };
  const good = layer('good', 50_000);
  const { repository } = testRepository(registry, 'a');
  await expect(
    pushGraph(repository, imageOf([good, broken], 'v1'), { signal, concurrency: 1 }),
  ).rejects.toThrow('the disk is gone');
  expect(registry.tags('a')).toEqual([]);
  await pushGraph(
    testRepository(registry, 'a').repository,
    imageOf([good, layer('broken')], 'v1'),
    {
      signal,
    },
  );
  const { digest } = good.descriptor;
  expect(registry.commits.filter((commit) => commit.digest === digest)).toHaveLength(1);
});

it('content that has another size than it says is refused on this side', async () => {
  await using registry = await startRegistry();
  const { repository } = testRepository(registry, 'a');
  const { descriptor, open } = layer('x', 1000);
  for (const size of [999, 1001]) {
    const content = { descriptor: { ...descriptor, size }, open };
    expect(await codeOf(repository.push(content, { signal }))).toBe('MLC6521');
  }
  expect(registry.commits).toEqual([]);
});

it('what the registry says it misses is sent again, once', async () => {
  await using registry = await startRegistry({
    faults: [
      {
        name: 'removes what it took',
        on: { endpoint: 'manifest', method: 'PUT', nth: 1 },
        then: { kind: 'forget-blobs' },
      },
    ],
  });
  const { repository } = testRepository(registry, 'a');
  const image = imageOf([layer('a')], 'v1');
  await pushGraph(repository, image, { signal });
  expect(registry.journal.of({ endpoint: 'manifest', method: 'PUT' }).map((e) => e.status)).toEqual(
    [400, 201],
  );
});

it('a registry that goes on missing parts ends in one error', async () => {
  await using registry = await startRegistry({
    faults: [
      {
        name: 'misses',
        on: { endpoint: 'manifest', method: 'PUT' },
        then: {
          kind: 'answer',
          status: 400,
          body: JSON.stringify({
            errors: [
              { code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest: `sha256:${'a'.repeat(64)}` } },
            ],
          }),
        },
      },
    ],
  });
  const { repository } = testRepository(registry, 'a');
  const push = pushGraph(repository, imageOf([layer('a')], 'v1'), { signal });
  await expect(push).rejects.toMatchObject({
    code: 'MLC6522',
    data: { missing: [`sha256:${'a'.repeat(64)}`] },
  });
});

it('a manifest whose HEAD is forbidden counts as unknown', async () => {
  await using registry = await startRegistry({
    profile: 'harbor-like',
    faults: [
      {
        name: 'forbidden',
        on: { endpoint: 'manifest', method: 'HEAD' },
        then: { kind: 'answer', status: 403 },
      },
    ],
  });
  const { repository } = testRepository(registry, 'new');
  await pushGraph(repository, imageOf([layer('a')], 'v1'), { signal });
  expect(registry.tags('new')).toEqual(['v1']);
});

it('deletes a manifest', async () => {
  await using registry = await startRegistry();
  const { repository } = testRepository(registry, 'a');
  const image = imageOf([layer('a')], 'v1');
  await pushGraph(repository, image, { signal });
  await repository.deleteManifest(rootOf(image).descriptor, { signal });
  expect(await repository.headManifest('v1', { signal })).toBeUndefined();
  expect(await codeOf(repository.resolve('v1', { signal }))).toBe('MLC6510');
  expect(await codeOf(repository.deleteManifest(rootOf(image).descriptor, { signal }))).toBe(
    'MLC6510',
  );
});

it('tells a warning once', async () => {
  await using registry = await startRegistry({
    faults: [
      {
        name: 'warning',
        on: {},
        then: { kind: 'change', headers: { warning: '299 - "read \\"only\\" soon"' } },
      },
    ],
  });
  const { repository, events } = testRepository(registry, 'a');
  await pushGraph(repository, imageOf([layer('a')], 'v1'), { signal });
  expect(events).toEqual([
    { code: 'registry-warning', registry: registry.host, text: 'read "only" soon' },
  ]);
});
