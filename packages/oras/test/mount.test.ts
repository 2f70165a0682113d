import { startRegistry, type RegistryOptions } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import { pushGraph } from '../src/graph/push-graph.ts';
import { asked, credentialsOf, signal, testRepository } from './support/client.ts';
import { counted, imageOf, layer, noise } from './support/image.ts';

async function mountWith(options: RegistryOptions, mountFrom: readonly string[] = ['base/os']) {
  const registry = await startRegistry(options);
  await registry.seedBlob('base/os', noise('os', 100_000));
  const os = counted(layer('os'));
  const { repository, codes } = testRepository(registry, 'app', {
    credentials: credentialsOf({ kind: 'basic', username: 'me', password: 'pw' }).store,
  });
  const outcome = await repository.push(os, { signal, mountFrom });
  return { registry, os, outcome, codes };
}

it('mounts, and opens nothing', async () => {
  const { registry, os, outcome } = await mountWith({});
  await using _ = registry;
  expect([outcome, os.opened()]).toEqual([{ how: 'mounted', sent: 0 }, 0]);
  expect(asked(registry)).toEqual(['HEAD blob 404', 'POST uploads 201']);
});

it('uploads to the session that a mount ends in', async () => {
  const { registry, outcome } = await mountWith({ different: { mount: 'session' } });
  await using _ = registry;
  expect(outcome).toEqual({ how: 'uploaded', sent: 100_000 });
  expect(asked(registry)).toEqual(['HEAD blob 404', 'POST uploads 202', 'PUT upload 201']);
});

it('uploads where mounts are refused, and does not ask a second time', async () => {
  await using registry = await startRegistry({ profile: 'artifactory-like' });
  const { repository, codes } = testRepository(registry, 'app');
  const graph = imageOf([layer('a'), layer('b')], 'v1');
  await pushGraph(repository, graph, { signal, mountFrom: ['base'], concurrency: 1 });
  expect(codes()).toEqual(['mount-refused']);
  expect(registry.journal.of({ endpoint: 'uploads' }).map(({ status }) => status)).toEqual([
    405, 202, 202, 202,
  ]);
});

it('of several sources takes the one that holds the blob', async () => {
  const { registry, outcome } = await mountWith({}, ['none', 'base/os', 'other']);
  await using _ = registry;
  expect(outcome.how).toBe('mounted');
  expect(asked(registry)).toEqual([
    'HEAD blob 404',
    'HEAD blob 404',
    'HEAD blob 200',
    'POST uploads 201',
  ]);
});

it('several sources are read with the token of the push', async () => {
  const { registry, outcome } = await mountWith(
    { authentication: { kind: 'bearer', users: { me: 'pw' } } },
    ['none', 'base/os'],
  );
  await using _ = registry;
  expect([outcome.how, registry.tokens.length]).toEqual(['mounted', 1]);
});

it('one token reaches the source as well, from the first question on', async () => {
  const { registry, outcome } = await mountWith({
    authentication: { kind: 'bearer', users: { me: 'pw' } },
  });
  await using _ = registry;
  expect(outcome.how).toBe('mounted');
  expect(registry.tokens).toHaveLength(1);
  expect(asked(registry)).toEqual(['HEAD blob 401', 'HEAD blob 404', 'POST uploads 201']);
});

it.each(['challenge', 'session'] as const)(
  'uploads where the source may not be read (%s)',
  async (uncoveredMount) => {
    const { registry, outcome } = await mountWith({
      different: { uncoveredMount },
      authentication: {
        kind: 'bearer',
        users: { me: 'pw' },
        grants: [{ user: 'me', repository: 'app', actions: ['pull', 'push'] }],
      },
    });
    await using _ = registry;
    expect(outcome).toEqual({ how: 'uploaded', sent: 100_000 });
  },
);

it('uploads where the token server gives nothing for the source', async () => {
  const { registry, outcome } = await mountWith({
    authentication: { kind: 'bearer', users: { me: 'pw' } },
    faults: [
      {
        name: 'no token for others',
        on: { server: 'token', path: /base/ },
        then: { kind: 'answer', status: 403 },
      },
    ],
  });
  await using _ = registry;
  expect(outcome).toEqual({ how: 'uploaded', sent: 100_000 });
});
