import { rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';

import { startRegistry, tempProject, type Fault, type ProfileName } from '@mlcontainer/testing';
import { describe, expect, it } from 'vitest';

import { copy, openLayoutTarget, pushGraph } from '../src/index.ts';
import { bytesOf, collect, content, graphOf, imageOf, noise } from './support/contents.ts';
import { ANN, endOf, seed, USERS, withLab } from './support/lab.ts';
import { IMAGE, OPERATIONS } from './support/operations.ts';

const PROFILES: readonly ProfileName[] = [
  'generic',
  'artifact-registry',
  'no-referrers',
  'docker-hub-like',
  'quay-like',
  'artifactory-like',
  'harbor-like',
  'distribution-2-like',
];

describe.each(PROFILES)('%s', (profile) => {
  it.each(OPERATIONS)('$name, with tokens and without', async (operation) => {
    for (const authentication of [{ kind: 'none' }, { kind: 'bearer', users: USERS }] as const) {
      await withLab({ credential: ANN, registry: { profile, authentication } }, async (lab) => {
        await operation.prepare(lab);
        expect(await endOf(operation.run(lab))).toBe('done');
        await operation.check(lab);
        expect(lab.registry.openUploads()).toBe(0);
      });
    }
  });
});

describe('F15 mounts', () => {
  const outcomes = async (faults: readonly Fault[], profile?: ProfileName) =>
    withLab(
      { registry: { faults, ...(profile === undefined ? {} : { profile }) } },
      async (lab) => {
        await seed(lab.registry, IMAGE, 'team/base');
        const { signal } = lab;
        const result = await pushGraph(lab.repository(), IMAGE, {
          signal,
          mountFrom: ['team/base'],
        });
        const how = IMAGE.blobs.map(
          ({ descriptor }) => result.outcomes.get(descriptor.digest)?.how,
        );
        const posts = lab.registry.journal.of({ endpoint: 'uploads', method: 'POST' }).length;
        return { how, posts, sent: result.sent, open: lab.registry.openUploads() };
      },
    );
  const mounts = (then: Fault['then']): Fault => ({
    name: 'mount',
    on: { endpoint: 'uploads', path: /mount=/ },
    then,
  });

  it('201: nothing is sent', async () => {
    const { how, posts, sent } = await outcomes([]);
    expect(how).toEqual(['mounted', 'mounted', 'mounted']);
    expect([posts, sent]).toEqual([3, IMAGE.manifest.descriptor.size]);
  });

  it('202: the session is used, and no other one begun', async () => {
    await withLab({}, async ({ repository, registry, signal }) => {
      const result = await pushGraph(repository(), IMAGE, { signal, mountFrom: ['nowhere'] });
      expect([...result.outcomes.values()].filter(({ how }) => how === 'uploaded')).toHaveLength(4);
      expect(registry.journal.of({ endpoint: 'uploads' })).toHaveLength(3);
      expect(registry.openUploads()).toBe(0);
    });
  });

  it('refused: uploaded, and not asked again', async () => {
    const { how, posts } = await outcomes([], 'artifactory-like');
    expect(how).toEqual(['uploaded', 'uploaded', 'uploaded']);
    expect(posts).toBeLessThanOrEqual(6);
  });

  it.each([400, 403, 404, 405, 500, 503])('answered by %i: uploaded', async (status) => {
    const { how } = await outcomes([mounts({ kind: 'answer', status })]);
    expect(how).toEqual(['uploaded', 'uploaded', 'uploaded']);
  });

  it('201 without the blob: the manifest tells, and it is uploaded', async () => {
    const lies: Fault[] = [mounts({ kind: 'answer', status: 201, headers: { location: '/v2/x' } })];
    const { sent } = await outcomes(lies);
    const bytes = IMAGE.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    expect(sent).toBeGreaterThanOrEqual(bytes);
  });

  it('of a source that may not be read: uploaded', () => {
    const grants = [{ user: 'ann', repository: 'team/app', actions: ['pull', 'push'] as const }];
    const authentication = { kind: 'bearer', users: USERS, grants } as const;
    return withLab({ credential: ANN, registry: { authentication } }, async (lab) => {
      await seed(lab.registry, IMAGE, 'team/base');
      const { signal } = lab;
      await pushGraph(lab.repository(), IMAGE, { signal, mountFrom: ['team/base'] });
      expect(lab.registry.commits.filter(({ how }) => how === 'upload')).toHaveLength(3);
    });
  });
});

describe('F17 F18 what is there, or the same', () => {
  it('a blob that is there is not sent, and an image that is there costs one request', () =>
    withLab({}, async ({ registry, repository, signal }) => {
      await registry.seedBlob('team/app', await bytesOf(IMAGE.blobs[0] ?? IMAGE.manifest));
      const first = await pushGraph(repository(), IMAGE, { signal });
      expect([...first.outcomes.values()].map(({ how }) => how).sort()).toEqual([
        'present',
        'uploaded',
        'uploaded',
        'uploaded',
      ]);
      registry.journal.clear();
      expect((await pushGraph(repository(), IMAGE, { signal })).sent).toBe(0);
      expect(registry.journal.entries).toHaveLength(1);
    }));

  it('the same layer twice is sent once', () =>
    withLab({}, async ({ registry, repository, signal }) => {
      const layer = content(noise(1000, 5), 'application/x');
      const { config, manifest } = imageOf([layer, layer]);
      const graph = { blobs: [layer, layer, config], manifests: [manifest], tags: ['v1'] };
      await pushGraph(repository(), graph, { signal });
      expect(registry.commits.filter(({ how }) => how === 'upload')).toHaveLength(2);
    }));

  it('sixteen pushes of one client at once send each blob once', () =>
    withLab({}, async ({ registry, repository, signal }) => {
      await Promise.all(
        Array.from({ length: 16 }, () => pushGraph(repository(), IMAGE, { signal })),
      );
      expect(registry.commits.filter(({ how }) => how === 'upload')).toHaveLength(3);
    }));
});

describe('F19 mirrors', () => {
  it('seven that are down, each in its own way, then the registry', async () => {
    const ways: readonly Fault['then'][] = [
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } },
      { kind: 'answer', status: 404 },
      { kind: 'answer', status: 401 },
      { kind: 'cut', at: 'arrival' },
      { kind: 'answer', status: 200, body: 'hello' },
      { kind: 'damage', at: 0 },
    ];
    const mirrors = await Promise.all(
      ways.map((then) => startRegistry({ faults: [{ name: 'down', on: {}, then }] })),
    );
    const settings = {
      plainHttp: true,
      mirrors: mirrors.map(({ host }) => ({ location: host, plainHttp: true })),
    };
    try {
      await withLab({ settings }, async (lab) => {
        for (const mirror of mirrors) await seed(mirror, IMAGE);
        const pull = OPERATIONS.find(({ name }) => name === 'pull');
        await pull?.prepare(lab);
        expect(await endOf(pull?.run(lab) ?? Promise.resolve())).toBe('done');
        expect(lab.events.map(({ code }) => code)).toContain('mirror-skipped');
      });
    } finally {
      await Promise.all(mirrors.map((mirror) => mirror.close()));
    }
  });

  it('a mirror that breaks off for good: the registry gives the rest', async () => {
    const cut: Fault = {
      name: 'cut',
      on: { endpoint: 'blob', method: 'GET' },
      then: { kind: 'cut', at: { responseBytes: 400_000 } },
    };
    await using mirror = await startRegistry({ faults: [cut], different: { ranges: false } });
    const settings = { plainHttp: true, mirrors: [{ location: mirror.host, plainHttp: true }] };
    await withLab({ settings }, async ({ registry, repository, signal }) => {
      const blob = content(noise(1_000_000, 4), 'application/x');
      for (const each of [registry, mirror]) await each.seedBlob('team/app', await bytesOf(blob));
      const got = await collect(repository().fetch(blob.descriptor, { signal }));
      expect(got.equals(await bytesOf(blob))).toBe(true);
    });
  });

  it('a push asks no mirror', async () => {
    await using mirror = await startRegistry();
    const settings = { plainHttp: true, mirrors: [{ location: mirror.host, plainHttp: true }] };
    await withLab({ settings }, async ({ repository, signal }) => {
      await pushGraph(repository(), IMAGE, { signal });
      expect(mirror.journal.entries).toEqual([]);
    });
  });
});

describe('F20 parts that vanish', () => {
  it.each([1, 2])('a blob is gone before manifest %i of two comes: it is sent again', (nth) => {
    const vanish: Fault = {
      name: 'collected',
      on: { endpoint: 'manifest', method: 'PUT', nth },
      then: { kind: 'forget-blobs', digest: IMAGE.blobs[0]?.descriptor.digest ?? '' },
    };
    return withLab({ registry: { faults: [vanish] } }, async ({ registry, repository, signal }) => {
      const graph = { ...IMAGE, tags: ['v1', 'v2'] };
      await pushGraph(repository(), graph, { signal });
      expect(registry.tags('team/app').toSorted()).toEqual(['v1', 'v2']);
      for (const { descriptor } of IMAGE.blobs)
        expect(await registry.readBlob('team/app', descriptor.digest)).toBeDefined();
    });
  });

  it('again and again: one error', () => {
    const vanish: Fault = {
      name: 'collected',
      on: { endpoint: 'manifest', method: 'PUT' },
      then: { kind: 'forget-blobs' },
    };
    return withLab({ registry: { faults: [vanish] } }, async ({ registry, repository, signal }) => {
      expect(await endOf(pushGraph(repository(), IMAGE, { signal }))).toBe('MLC6522');
      expect(registry.tags('team/app')).toEqual([]);
    });
  });
});

describe('F23 a layout that is not whole', () => {
  const blob = IMAGE.blobs[1]?.descriptor.digest.slice('sha256:'.length) ?? '';

  it.each([
    ['a damaged blob', (path: string) => writeFile(path, noise(70_000, 99)), /^MLC65(13|21)$/],
    ['a blob that is shorter', (path: string) => truncate(path, 100), /^MLC65(13|21)$/],
    ['a blob that is gone', (path: string) => rm(path), /^MLC6511$/],
    [
      'a link in the place of a blob',
      async (path: string) => {
        await rename(path, `${path}.real`);
        await symlink(`${path}.real`, path);
      },
      /^MLC6511$/,
    ],
  ])('%s: one error, and no tag', async (_, harm, expected) => {
    await using project = await tempProject();
    const layout = openLayoutTarget(project.path('layout'));
    await withLab({}, async ({ registry, repository, signal }) => {
      await pushGraph(layout, IMAGE, { signal });
      await harm(project.path(`layout/blobs/sha256/${blob}`));
      const end = await endOf(copy(layout, repository(), 'v1', { signal, tag: 'v1' }));
      expect(end).toMatch(expected);
      expect(registry.tags('team/app')).toEqual([]);
    });
  });
});

describe('F24 a registry that is restarted', () => {
  it.each(['POST', 'PUT', 'PATCH', 'HEAD'])('while %s is on its way: the push succeeds', (method) =>
    withLab({ client: { chunkBytes: 20_000 } }, async ({ registry, repository, signal }) => {
      const struck = registry.journal
        .when((entry) => entry.method === method && (method !== 'PUT' || entry.requestBytes >= 0))
        .then(() => registry.restart());
      await pushGraph(repository(), graphOf(90_000, 10_000), { signal });
      await struck;
      expect(registry.tags('team/app')).toEqual(['v1']);
    }),
  );
});

describe('F25 a registry that forbids to look', () => {
  it.each([401, 403])('into repositories that are not there (%i): the push succeeds', (status) =>
    withLab(
      { registry: { profile: 'harbor-like', different: { unknownRepository: status } } },
      async ({ registry, repository, signal }) => {
        await pushGraph(repository('new/one'), IMAGE, { signal });
        expect(registry.tags('new/one')).toEqual(['v1']);
      },
    ),
  );
});
