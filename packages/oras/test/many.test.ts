import { startRegistry } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import { pushGraph } from '../src/graph/push-graph.ts';
import { openLayoutTarget } from '../src/layout/target.ts';
import { withFolder } from './support/graph.ts';
import { signal, testRepository } from './support/client.ts';
import { counted, imageOf, indexOf, layer, rootOf } from './support/image.ts';
import { startRealRegistry } from './support/real.ts';

it('sixteen clients push to one repository at once', async () => {
  await using registry = await startRealRegistry();
  const images = Array.from({ length: 16 }, (_each, at) =>
    imageOf([layer('common', 500_000), layer(`own ${at % 4}`)], `v${at}`),
  );
  await Promise.all(
    images.map((image) => pushGraph(testRepository(registry, 'a').repository, image, { signal })),
  );
  const { repository } = testRepository(registry, 'a');
  for (const [at, image] of images.entries())
    expect((await repository.resolve(`v${at}`, { signal })).digest).toBe(
      rootOf(image).descriptor.digest,
    );
});

it('forty layers: none is asked for or sent twice', async () => {
  await using registry = await startRegistry();
  const layers = Array.from({ length: 40 }, (_each, at) => counted(layer(`${at}`, 1000)));
  const { repository } = testRepository(registry, 'a');
  await pushGraph(repository, imageOf(layers, 'v1'), { signal });
  expect(layers.every(({ opened }) => opened() === 1)).toBe(true);
  expect(registry.journal.of({ endpoint: 'blob', method: 'HEAD' })).toHaveLength(41);
});

it('a layout is a target as well', async () => {
  await withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const shared = counted(layer('shared'));
    const index = indexOf(
      [imageOf([shared, layer('a')]), imageOf([shared, layer('b')])],
      'v1',
      'x',
    );
    const first = await pushGraph(target, index, { signal });
    expect(first.moved).toEqual(['v1', 'x']);
    expect((await target.resolve('x', { signal })).digest).toBe(rootOf(index).descriptor.digest);
    const again = await pushGraph(openLayoutTarget(folder), index, { signal });
    expect([again.sent, again.moved, shared.opened()]).toEqual([0, [], 1]);
  });
});
