import { expect, it } from 'vitest';

import { fakeClock, startRegistry, type RegistryOptions, type TestRegistry } from '../src/index.ts';
import { addImage, newContent, type Manifest } from './conformance/content.ts';
import { push, putManifest } from './conformance/data-cases.ts';
import { DATA_SETS } from './conformance/data-sets.ts';
import { begin, mount, newBlob, postPut } from './conformance/pushes.ts';
import { ask, at, OCTETS, placeOf, someBytes, type Wire } from './conformance/wire.ts';

const octets = { 'content-type': OCTETS };

async function wired(
  options: RegistryOptions,
  use: (wire: Wire, registry: TestRegistry) => Promise<void>,
): Promise<void> {
  await using registry = await startRegistry(options);
  await use({ origin: registry.origin, repository: 'a/one', other: 'a/two' }, registry);
}

function codes({ body }: { body: Buffer }): readonly string[] {
  return JSON.parse(body.toString()).errors.map(({ code }: { code: string }) => code);
}

/** What is refused, and with which status and code. */
const REFUSED: readonly (readonly [
  name: string,
  expected: readonly [number, string],
  send: (wire: Wire, place: URL) => ReturnType<typeof ask>,
])[] = [
  ['a chunk with a unit in its range', [400, 'BLOB_UPLOAD_INVALID'], chunk('bytes=0-3')],
  ['a chunk that is shorter than its range', [400, 'SIZE_INVALID'], chunk('0-9')],
  ['a first chunk that does not begin at 0', [416, 'BLOB_UPLOAD_INVALID'], chunk('4-7')],
  [
    'a blob with another media type',
    [400, 'BLOB_UPLOAD_INVALID'],
    (_, place) => ask(place, 'PATCH', { headers: { 'content-type': 'text/plain' }, body: 'data' }),
  ],
  ['an end without a digest', [400, 'DIGEST_INVALID'], (_, place) => ask(place, 'PUT')],
  [
    'an end with a digest of an unknown algorithm',
    [400, 'DIGEST_INVALID'],
    (_, place) => ask(`${place.href}&digest=sha1:${'0'.repeat(40)}`, 'PUT'),
  ],
  [
    'a place that is an earlier one',
    [404, 'BLOB_UPLOAD_UNKNOWN'],
    async (_, place) => {
      await ask(place, 'PATCH', { headers: octets, body: 'data' });
      return ask(place, 'PATCH', { headers: octets, body: 'more' });
    },
  ],
  [
    'a place without its query',
    [404, 'BLOB_UPLOAD_UNKNOWN'],
    (_, place) => ask(place.origin + place.pathname, 'PATCH', { headers: octets, body: 'data' }),
  ],
  [
    'a whole blob where there is a part already',
    [416, 'BLOB_UPLOAD_INVALID'],
    async (_, place) => {
      const part = await ask(place, 'PATCH', { headers: octets, body: 'data' });
      const { digest, bytes } = newBlob(Buffer.from('data'));
      return ask(placeOf(part, digest), 'PUT', { headers: octets, body: bytes });
    },
  ],
  [
    'a name in capital letters',
    [400, 'NAME_INVALID'],
    ({ origin }) => ask(`${origin}/v2/A/blobs/uploads/`, 'POST'),
  ],
  [
    'tags of a repository that is not there',
    [404, 'NAME_UNKNOWN'],
    ({ origin }) => ask(`${origin}/v2/nowhere/tags/list`),
  ],
  [
    'a method that the endpoint does not know',
    [405, 'UNSUPPORTED'],
    ({ origin }) => ask(`${origin}/v2/a/tags/list`, 'PUT'),
  ],
];

function chunk(range: string) {
  return (_: Wire, place: URL) =>
    ask(place, 'PATCH', { headers: { ...octets, 'content-range': range }, body: 'data' });
}

it.each(REFUSED)('refuses %s', (_, [status, code], send) =>
  wired({}, async (wire) => {
    const answer = await send(wire, placeOf(await begin(wire, wire.repository)));
    expect([answer.status, codes(answer)]).toEqual([status, [code]]);
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  }),
);

const MANIFESTS: readonly (readonly [
  name: string,
  status: number,
  change: (given: Manifest) => Manifest,
])[] = [
  ['another Content-Type than its mediaType', 400, (given) => typed(given, DATA_TYPE)],
  ['a Content-Type that is no manifest’s', 400, (given) => typed(given, 'application/json')],
  ['no JSON', 400, (given) => ({ ...given, bytes: Buffer.from('{') })],
  ['a wrong size of a layer', 400, (given) => sized(given)],
  ['more than 4 MiB', 413, (given) => padded(given, 4 * 1024 * 1024 + 1)],
  [
    'parameters on its Content-Type, which are ignored',
    201,
    (given) => typed(given, `${IMAGE_TYPE}; charset=utf-8`),
  ],
  ['4 MiB exactly', 201, (given) => padded(given, 4 * 1024 * 1024)],
];
const IMAGE_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const DATA_TYPE = 'application/vnd.oci.image.index.v1+json';

function typed(given: Manifest, mediaType: string): Manifest {
  return { ...given, descriptor: { ...given.descriptor, mediaType } };
}

function sized(given: Manifest): Manifest {
  const value = JSON.parse(given.bytes.toString());
  value.layers[0].size += 1;
  return { ...given, bytes: Buffer.from(JSON.stringify(value)) };
}

function padded(given: Manifest, size: number): Manifest {
  return {
    ...given,
    bytes: Buffer.concat([given.bytes, Buffer.alloc(size - given.bytes.byteLength, ' ')]),
  };
}

it.each(MANIFESTS)('answers a manifest with %s by %i', (_, status, change) =>
  wired({}, async (wire) => {
    const content = newContent();
    addImage(content);
    for (const [digest, bytes] of content.blobs)
      await postPut(wire, wire.repository, { digest, bytes });
    const answer = await putManifest(wire, 'latest', change(content.manifests[0] as Manifest));
    expect([answer.status, answer.body.toString()]).toEqual([status, expect.anything()]);
  }),
);

it('lists tags in pages, and none for n=0', () =>
  wired({}, async (wire, registry) => {
    const names = ['Z', 'a', 'b', 'c1', 'c10'];
    const manifest = {
      repository: wire.repository,
      bytes: Buffer.from('{}'),
      mediaType: IMAGE_TYPE,
    };
    registry.seedManifest({ ...manifest, tags: names });
    const list = at(wire, wire.repository, 'tags/list');
    const seen: string[] = [];
    for (let url: string | undefined = `${list}?n=2`; url !== undefined;) {
      const { headers, body }: Awaited<ReturnType<typeof ask>> = await ask(url);
      seen.push(...(JSON.parse(body.toString()).tags as string[]));
      const next: string | undefined = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      url = next === undefined ? undefined : wire.origin + next;
    }
    expect(seen).toEqual(names);
    const none = await ask(`${list}?n=0`);
    expect([JSON.parse(none.body.toString()).tags, none.headers.get('link')]).toEqual([[], null]);
    expect(JSON.parse((await ask(`${list}?last=b`)).body.toString()).tags).toEqual(['c1', 'c10']);
    expect((await ask(`${list}?n=x`)).status).toBe(400);
  }));

it('lists referrers in pages', () =>
  wired({ different: { referrersPage: 1 } }, async (wire) => {
    const content = DATA_SETS['artifacts-with-subject']?.();
    if (content === undefined) throw new Error('no such content');
    await push(wire, content);
    const found: string[] = [];
    const subject = [...content.tags.values()][0];
    for (let path: string | undefined = `/v2/a/one/referrers/${subject}`; path !== undefined;) {
      const { headers, body }: Awaited<ReturnType<typeof ask>> = await ask(wire.origin + path);
      found.push(
        ...JSON.parse(body.toString()).manifests.map(({ digest }: { digest: string }) => digest),
      );
      path = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    const expected = content.manifests.filter(({ subject: of }) => of !== undefined);
    expect(new Set(found)).toEqual(new Set(expected.map(({ descriptor }) => descriptor.digest)));
    expect(found).toHaveLength(3);
  }));

const PROFILE_MOUNTS = [
  ['generic', 201, 201],
  ['docker-hub-like', 201, 202],
  ['quay-like', 201, 405],
  ['artifactory-like', 405, 405],
  ['harbor-like', 201, 202],
] as const;

it.each(PROFILE_MOUNTS)(
  '%s answers a mount by %i, one without a source by %i',
  (profile, named, bare) =>
    wired({ profile }, async (wire) => {
      const blob = newBlob(someBytes(10));
      await postPut(wire, wire.other, blob);
      const query = `blobs/uploads/?mount=${blob.digest}`;
      const asked = [`${query}&from=${wire.other}`, query];
      const statuses = await Promise.all(
        asked.map(async (path) => (await ask(at(wire, wire.repository, path), 'POST')).status),
      );
      expect(statuses).toEqual([named, bare]);
    }),
);

it('artifact-registry takes one PATCH and no second one', () =>
  wired({ profile: 'artifact-registry' }, async (wire) => {
    const first = await ask(placeOf(await begin(wire, wire.repository)), 'PATCH', {
      headers: octets,
      body: 'a',
    });
    const second = await ask(placeOf(first), 'PATCH', { headers: octets, body: 'b' });
    expect([first.status, second.status, codes(second)]).toEqual([202, 405, ['UNSUPPORTED']]);
  }));

it('harbor-like forbids to look for a blob in a repository that is not there', () =>
  wired({ profile: 'harbor-like' }, async (wire) => {
    const { digest } = newBlob(someBytes(1));
    expect((await ask(at(wire, wire.repository, `blobs/${digest}`), 'HEAD')).status).toBe(403);
  }));

it('refuses a chunk after one that was too short', () =>
  wired({ different: { minChunk: 10 } }, async (wire) => {
    const begun = await begin(wire, wire.repository);
    expect(begun.headers.get('oci-chunk-min-length')).toBe('10');
    const first = await ask(placeOf(begun), 'PATCH', { headers: octets, body: 'short' });
    const second = await ask(placeOf(first), 'PATCH', { headers: octets, body: 'more' });
    expect([second.status, codes(second)]).toEqual([400, ['SIZE_INVALID']]);
  }));

it('forgets uploads but no blob when it is restarted, on the same port', () =>
  wired({}, async (wire, registry) => {
    const blob = newBlob(someBytes(10));
    await postPut(wire, wire.repository, blob);
    const place = placeOf(await begin(wire, wire.repository));
    await registry.restart();
    // The first request may still meet the connection that the restart cut.
    const after = await ask(place).catch(() => ask(place));
    expect(after.status).toBe(404);
    expect((await ask(at(wire, wire.repository, `blobs/${blob.digest}`))).status).toBe(200);
  }));

it('lets a token go out of date by its clock', async () => {
  const clock = fakeClock();
  await using registry = await startRegistry({
    clock,
    authentication: { kind: 'bearer', users: { ann: 'secret' }, lifetimeSeconds: 5 },
  });
  const query = 'service=registry.test&scope=repository:a:pull,push';
  const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  const given = await ask(`${registry.tokenOrigin}/token?${query}`, 'GET', {
    headers: { authorization },
  });
  const headers = { authorization: `Bearer ${JSON.parse(given.body.toString()).token}` };
  const begun = async () =>
    (await ask(`${registry.origin}/v2/a/blobs/uploads/`, 'POST', { headers })).status;
  expect(await begun()).toBe(202);
  clock.advance(5000);
  expect(await begun()).toBe(401);
});

it('mounts nothing that the token does not cover', async () => {
  const wire = { repository: 'mine', other: 'theirs' };
  await using registry = await startRegistry({
    authentication: {
      kind: 'basic',
      users: { ann: 'secret' },
      grants: [{ user: 'ann', repository: 'mine', actions: ['pull', 'push'] }],
    },
  });
  const digest = await registry.seedBlob('theirs', someBytes(3));
  const headers = { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` };
  const url = `${registry.origin}/v2/${wire.repository}/blobs/uploads/?mount=${digest}&from=theirs`;
  expect((await ask(url, 'POST', { headers })).status).toBe(403);
  expect((await ask(url, 'POST')).status).toBe(401);
});

it('a mount of what is missing begins an upload', () =>
  wired({}, async (wire) =>
    expect(await mount(wire, newBlob(someBytes(5)), wire.other)).toBe(202),
  ));
