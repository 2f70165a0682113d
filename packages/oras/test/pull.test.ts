import { digestOf, MEDIA_TYPES } from '@mlcontainer/oci';
import { startRegistry, type Fault } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import type { RegistrySettings } from '../src/credential.ts';
import { DOCKER_MEDIA_TYPES } from '../src/media-types.ts';
import { codeOf } from './support/graph.ts';
import { collect } from './support/collect.ts';
import { asked, signal, testRepository } from './support/client.ts';
import { layer, noise } from './support/image.ts';

const SIZE = 3_000_000;
const BLOB = layer('blob', SIZE);
const GET = { endpoint: 'blob', method: 'GET' } as const;

async function seeded(...faults: readonly Fault[]) {
  const registry = await startRegistry({ faults });
  await registry.seedBlob('a', noise('blob', SIZE));
  const made = testRepository(registry, 'a');
  const pull = (): Promise<Buffer> =>
    collect(made.repository.fetch(BLOB.descriptor, { signal })).then((list) => Buffer.concat(list));
  return { ...made, registry, pull };
}

function fault(on: Fault['on'], then: Fault['then']): Fault {
  return { name: 'fault', on, then };
}

it('pulls a blob', async () => {
  const { registry, pull } = await seeded();
  await using _ = registry;
  expect(digestOf(await pull())).toBe(BLOB.descriptor.digest);
});

it.each([
  ['a changed byte', fault(GET, { kind: 'damage', at: 1_000_000 }), 'MLC6513'],
  ['a short body', fault(GET, { kind: 'shorten', to: 1000 }), 'MLC6513'],
  ['404', fault(GET, { kind: 'answer', status: 404 }), 'MLC6511'],
  ['403', fault(GET, { kind: 'answer', status: 403 }), 'MLC6504'],
  ['500', fault(GET, { kind: 'answer', status: 500 }), 'MLC6505'],
  ['HTML', fault(GET, { kind: 'answer', status: 200, body: '<html>' }), 'MLC6513'],
])('%s', async (_name, given, code) => {
  const { registry, pull } = await seeded(given);
  await using _ = registry;
  expect(await codeOf(pull())).toBe(code);
});

it('goes on after a broken transfer', async () => {
  const { registry, pull } = await seeded(
    fault({ ...GET, nth: [1, 2] }, { kind: 'cut', at: { responseBytes: 1_000_000 } }),
  );
  await using _ = registry;
  expect(digestOf(await pull())).toBe(BLOB.descriptor.digest);
});

it('a reader that stops early ends the transfer', async () => {
  const { registry, repository } = await seeded();
  await using _ = registry;
  for await (const chunk of repository.fetch(BLOB.descriptor, { signal })) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    break;
  }
  expect(await repository.has(BLOB.descriptor, { signal })).toBe(true);
});

function imageBytes(mediaType: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { ...BLOB.descriptor, mediaType: MEDIA_TYPES.config },
      layers: [BLOB.descriptor],
    }),
  );
}

it.each([MEDIA_TYPES.manifest, DOCKER_MEDIA_TYPES.manifest])('pulls a %s', async (mediaType) => {
  await using registry = await startRegistry();
  const bytes = imageBytes(mediaType);
  registry.seedManifest({ repository: 'a', bytes, mediaType, tags: ['v1'] });
  const { repository } = testRepository(registry, 'a');
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  expect(await repository.resolve('v1', { signal })).toEqual(descriptor);
  expect(await repository.getManifest('v1', { signal })).toEqual({ descriptor, bytes });
  expect(await collect(repository.fetch(descriptor, { signal }))).toEqual([bytes]);
  const other = { ...descriptor, size: 1 };
  expect(await codeOf(repository.getManifest(other, { signal }))).toBe('MLC6513');
});

const MANIFEST = { endpoint: 'manifest' } as const;

it.each<readonly [string, Fault['on'], Fault['then'], string]>([
  [
    'no digest header',
    MANIFEST,
    { kind: 'change', headers: { 'docker-content-digest': null } },
    'done',
  ],
  [
    'a HEAD without type',
    { ...MANIFEST, method: 'HEAD' },
    { kind: 'change', headers: { 'content-type': null } },
    'done',
  ],
  [
    'a HEAD that is not allowed',
    { ...MANIFEST, method: 'HEAD' },
    { kind: 'answer', status: 405 },
    'done',
  ],
  [
    'a header of another digest',
    MANIFEST,
    { kind: 'change', headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
    'MLC6513',
  ],
  ['a changed byte', MANIFEST, { kind: 'damage', at: 30 }, 'MLC6513'],
  [
    'the type of an index',
    MANIFEST,
    { kind: 'change', headers: { 'content-type': MEDIA_TYPES.index } },
    'MLC6512',
  ],
  [
    'five MiB',
    { ...MANIFEST, method: 'GET' },
    { kind: 'answer', status: 200, body: new Uint8Array(5 * 1024 * 1024) },
    'MLC6512',
  ],
  ['404', MANIFEST, { kind: 'answer', status: 404 }, 'MLC6510'],
])('a manifest with %s', async (_name, on, then, code) => {
  await using registry = await startRegistry({ faults: [fault(on, then)] });
  const bytes = imageBytes(MEDIA_TYPES.manifest);
  registry.seedManifest({ repository: 'a', bytes, mediaType: MEDIA_TYPES.manifest, tags: ['v1'] });
  const { repository } = testRepository(registry, 'a');
  expect(await codeOf(repository.getManifest('v1', { signal }))).toBe(code);
  const resolved = code === 'done' ? digestOf(bytes) : undefined;
  if (resolved !== undefined)
    expect(await repository.resolve('v1', { signal })).toMatchObject({ digest: resolved });
});

it('digests of other algorithms are refused before anything is asked', async () => {
  await using registry = await startRegistry();
  const { repository } = testRepository(registry, 'a');
  expect(await codeOf(repository.resolve(`sha1:${'a'.repeat(40)}`, { signal }))).toBe('MLC6514');
  expect(await codeOf(repository.resolve('../b', { signal }))).toBe('MLC6501');
  expect(registry.journal.entries).toEqual([]);
});

it('lists tags over pages, and not without end', async () => {
  await using registry = await startRegistry({ different: { tagsPage: 2 } });
  const { repository } = testRepository(registry, 'a');
  const tags = ['a', 'b', 'c', 'd', 'e'];
  const bytes = imageBytes(MEDIA_TYPES.manifest);
  registry.seedManifest({ repository: 'a', bytes, mediaType: MEDIA_TYPES.manifest, tags });
  expect(await collect(repository.tags({ signal }))).toEqual(tags);
  registry.addFaults({
    name: 'endless',
    on: { endpoint: 'tags' },
    then: { kind: 'change', headers: { link: '</v2/a/tags/list?n=1&last=a>; rel="next"' } },
  });
  expect(await codeOf(collect(repository.tags({ signal })))).toBe('MLC6506');
});

it('a next page at another host is not asked', async () => {
  await using other = await startRegistry({ address: '127.0.0.2' });
  await using registry = await startRegistry();
  registry.seedManifest({
    ...{ repository: 'a', bytes: imageBytes(MEDIA_TYPES.manifest), tags: ['v1'] },
    mediaType: MEDIA_TYPES.manifest,
  });
  registry.addFaults({
    name: 'elsewhere',
    on: { endpoint: 'tags' },
    then: { kind: 'change', headers: { link: `<${other.origin}/v2/a/tags/list>; rel="next"` } },
  });
  const { repository } = testRepository(registry, 'a');
  expect(await codeOf(collect(repository.tags({ signal })))).toBe('MLC6506');
  expect(other.journal.entries).toEqual([]);
});

it('no tags where there is no repository', async () => {
  await using registry = await startRegistry();
  const { repository } = testRepository(registry, 'none');
  expect(await collect(repository.tags({ signal }))).toEqual([]);
});

async function withMirrors(...faults: readonly (readonly Fault[])[]) {
  const main = await seeded();
  const mirrors = await Promise.all(
    faults.map(async (given, at) => {
      const mirror = await startRegistry({ faults: given, address: `127.0.0.${at + 2}` });
      await mirror.seedBlob('cache/a', noise('blob', SIZE));
      return mirror;
    }),
  );
  const settings = (registry: string): Promise<RegistrySettings> =>
    Promise.resolve({
      plainHttp: true,
      ...(registry === main.registry.host && {
        mirrors: mirrors.map(({ host }) => ({ location: `${host}/cache`, plainHttp: true })),
      }),
    });
  const made = testRepository(main.registry, 'a', { settings });
  const pull = async (): Promise<string> =>
    codeOf(
      collect(made.repository.fetch(BLOB.descriptor, { signal })).then((list) =>
        expect(digestOf(Buffer.concat(list))).toBe(BLOB.descriptor.digest),
      ),
    );
  return { ...made, registry: main.registry, mirrors, pull };
}

it('a mirror is asked first, and the registry not at all', async () => {
  const { registry, mirrors, pull } = await withMirrors([]);
  await using _ = registry;
  expect([await pull(), asked(registry)]).toEqual(['done', []]);
  await Promise.all(mirrors.map((mirror) => mirror.close()));
});

it('mirrors that are down, refuse, miss or break off are passed over', async () => {
  const { registry, mirrors, pull, codes } = await withMirrors(
    [fault({}, { kind: 'cut', at: 'arrival' })],
    [fault({}, { kind: 'answer', status: 403 })],
    [fault({}, { kind: 'answer', status: 404 })],
    [fault(GET, { kind: 'cut', at: { responseBytes: 500_000 } })],
  );
  await using _ = registry;
  expect(await pull()).toBe('done');
  expect(codes()).toEqual(Array(4).fill('mirror-skipped'));
  expect(asked(registry)).toEqual(['GET blob 200']);
  await Promise.all(mirrors.map((mirror) => mirror.close()));
});

it('a mirror that gives other bytes is found out, and not asked again', async () => {
  const { registry, mirrors, pull } = await withMirrors([
    fault(GET, { kind: 'damage', at: 2_000_000 }),
  ]);
  await using _ = registry;
  expect([await pull(), await pull()]).toEqual(['MLC6513', 'done']);
  await Promise.all(mirrors.map((mirror) => mirror.close()));
});

it('a push asks no mirror', async () => {
  const { registry, mirrors, repository } = await withMirrors([]);
  await using _ = registry;
  await repository.push(layer('new', 10), { signal });
  expect(mirrors[0]?.journal.entries).toEqual([]);
  await Promise.all(mirrors.map((mirror) => mirror.close()));
});
