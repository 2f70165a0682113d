import { expect } from 'vitest';

import type { Case } from './case.ts';
import type { Content, Descriptor, Manifest } from './content.ts';
import { DATA_SETS } from './data-sets.ts';
import { postPut } from './pushes.ts';
import { ask, at, digestOf, expectBlob, removeBlob, type Wire } from './wire.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const ACCEPT = { accept: `${INDEX}, application/vnd.oci.image.manifest.v1+json` };

export function putManifest(
  wire: Wire,
  reference: string,
  { bytes, descriptor }: Manifest,
  query = '',
) {
  const headers = { 'content-type': descriptor.mediaType };
  const url = at(wire, wire.repository, `manifests/${reference}${query}`);
  return ask(url, 'PUT', { headers, body: bytes });
}

/** Pushes, lists, pulls and removes every kind of content, as the official suite does. */
export function dataCases(): readonly Case[] {
  return Object.entries(DATA_SETS).flatMap(([name, make]) => [
    { name: `${name}/push, head, pull, list`, run: (wire: Wire) => kept(wire, make()) },
    ...(name.includes('subject')
      ? [{ name: `${name}/referrers`, run: (wire: Wire) => referred(wire, make()) }]
      : []),
    { name: `${name}/delete`, run: (wire: Wire) => removed(wire, make()) },
  ]);
}

export async function push(wire: Wire, content: Content): Promise<void> {
  for (const [digest, bytes] of content.blobs)
    await postPut(wire, wire.repository, { digest, bytes });
  for (const manifest of content.manifests) {
    const answer = await putManifest(wire, manifest.descriptor.digest, manifest);
    expect([answer.status, answer.body.toString()]).toEqual([201, '']);
    expect(answer.headers.get('location')).not.toBeNull();
  }
  for (const [tag, digest] of content.tags) {
    const manifest = content.manifests.find(({ descriptor }) => descriptor.digest === digest);
    if (manifest !== undefined) expect((await putManifest(wire, tag, manifest)).status).toBe(201);
  }
}

async function kept(wire: Wire, content: Content): Promise<void> {
  await push(wire, content);
  for (const [digest, bytes] of content.blobs)
    await expectBlob(wire, wire.repository, digest, bytes);
  const byTag = [...content.tags].map(([tag, digest]) => [tag, digest] as const);
  const byDigest = content.manifests.map(({ descriptor: { digest } }) => [digest, digest] as const);
  for (const [reference, digest] of [...byTag, ...byDigest]) {
    const manifest = content.manifests.find(({ descriptor }) => descriptor.digest === digest);
    await expectManifest(wire, reference, manifest as Manifest);
  }
  const listed = await ask(at(wire, wire.repository, 'tags/list'));
  if (content.tags.size > 0)
    expect(JSON.parse(listed.body.toString())).toMatchObject({
      tags: [...content.tags.keys()].sort(),
    });
}

async function expectManifest(wire: Wire, reference: string, { bytes, descriptor }: Manifest) {
  for (const method of ['HEAD', 'GET']) {
    const url = at(wire, wire.repository, `manifests/${reference}`);
    const { status, headers, body } = await ask(url, method, { headers: ACCEPT });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(descriptor.mediaType);
    expect(headers.get('content-length')).toBe(String(bytes.byteLength));
    expect([descriptor.digest, null]).toContain(headers.get('docker-content-digest'));
    expect(body.equals(method === 'GET' ? bytes : Buffer.alloc(0))).toBe(true);
  }
}

async function referred(wire: Wire, content: Content): Promise<void> {
  for (const [digest, bytes] of content.blobs)
    await postPut(wire, wire.repository, { digest, bytes });
  for (const manifest of content.manifests) {
    const answer = await putManifest(wire, manifest.descriptor.digest, manifest);
    expect(answer.headers.get('oci-subject')).toBe(manifest.subject?.digest ?? null);
  }
  const subject = content.manifests.find((manifest) => manifest.subject !== undefined)?.subject;
  const expected = content.manifests
    .filter((manifest) => manifest.subject !== undefined)
    .map(listed);
  const url = at(wire, wire.repository, `referrers/${subject?.digest}`);
  const all = await ask(url);
  expect([all.status, all.headers.get('content-type')]).toEqual([200, INDEX]);
  const index = JSON.parse(all.body.toString());
  expect(index).toMatchObject({ schemaVersion: 2, mediaType: INDEX });
  expect(new Set(index.manifests)).toEqual(new Set(expected));
  for (const type of new Set(expected.map(({ artifactType }) => String(artifactType)))) {
    const some = await ask(`${url}?artifactType=${encodeURIComponent(type)}`);
    expect(some.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(new Set(JSON.parse(some.body.toString()).manifests)).toEqual(
      new Set(expected.filter(({ artifactType }) => artifactType === type)),
    );
  }
}

/** How the referrers API shows a manifest. */
function listed({ descriptor, bytes }: Manifest): Descriptor {
  const { artifactType, config, annotations } = JSON.parse(bytes.toString());
  const type = artifactType ?? config?.mediaType;
  return {
    ...descriptor,
    ...(type === undefined ? {} : { artifactType: type }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

async function removed(wire: Wire, content: Content): Promise<void> {
  await push(wire, content);
  const gone = async (reference: string, ...disabled: readonly number[]): Promise<void> => {
    const url = at(wire, wire.repository, `manifests/${reference}`);
    const { status } = await ask(url, 'DELETE');
    expect([202, ...disabled]).toContain(status);
    if (status === 202) expect((await ask(url, 'GET', { headers: ACCEPT })).status).toBe(404);
  };
  // Registries may leave out to delete tags.
  for (const tag of content.tags.keys()) await gone(tag, 400, 405);
  for (const { descriptor } of content.manifests.toReversed()) await gone(descriptor.digest);
  for (const digest of content.blobs.keys()) await removeBlob(wire, wire.repository, digest);
}

/** The rest of the official list: what goes with no kind of content, or only with an option. */
export function otherCases(): readonly Case[] {
  return [
    {
      name: 'ping',
      run: async ({ origin }) => expect((await ask(`${origin}/v2/`)).status).toBe(200),
    },
    {
      name: 'empty/tag list',
      run: async (wire) =>
        expect([200, 404]).toContain((await ask(at(wire, wire.repository, 'tags/list'))).status),
    },
    { name: 'empty/referrers', run: emptyReferrers },
    { name: 'missing-manifest/by-digest', run: (wire) => missing(wire, digestOf(wire.repository)) },
    { name: 'missing-manifest/by-tag', run: (wire) => missing(wire, 'missing') },
    { name: 'invalid-digest-format/manifest-put', run: badPut },
    { name: 'invalid-digest-format/manifest-get', run: badGet },
    { name: 'bad-digest-image', run: badDigest },
    { name: 'sparse', run: sparse },
    { name: 'tag-param-sha256', run: (wire) => tagParameters(wire, 'index') },
    { name: 'tag-param-sha512', run: (wire) => tagParameters(wire, 'sha512') },
  ];
}

function made(name: string): Content {
  const make = DATA_SETS[name];
  if (make === undefined) throw new Error(`no kind of content is called ${name}`);
  return make();
}

async function emptyReferrers(wire: Wire): Promise<void> {
  const answer = await ask(at(wire, wire.repository, `referrers/${digestOf('nothing')}`));
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, INDEX]);
  expect(JSON.parse(answer.body.toString())).toEqual({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [],
  });
}

async function missing(wire: Wire, reference: string): Promise<void> {
  const url = at(wire, wire.repository, `manifests/${reference}`);
  expect((await ask(url, 'GET', { headers: ACCEPT })).status).toBe(404);
}

async function pushBlobs(wire: Wire, content: Content): Promise<Manifest> {
  for (const [digest, bytes] of content.blobs)
    await postPut(wire, wire.repository, { digest, bytes });
  return content.manifests[0] as Manifest;
}

async function badPut(wire: Wire): Promise<void> {
  const manifest = await pushBlobs(wire, made('image'));
  expect((await putManifest(wire, 'sha256:baddigeststring', manifest)).status).toBe(400);
}

async function badGet(wire: Wire): Promise<void> {
  const url = at(wire, wire.repository, 'manifests/sha256:baddigeststring');
  expect([400, 404]).toContain((await ask(url, 'GET', { headers: ACCEPT })).status);
}

async function badDigest(wire: Wire): Promise<void> {
  const { bytes, descriptor } = await pushBlobs(wire, made('image'));
  const other = { descriptor, bytes: Buffer.concat([bytes, Buffer.from('  ')]) };
  expect((await putManifest(wire, descriptor.digest, other)).status).toBe(400);
  await missing(wire, descriptor.digest);
}

/** Parts that are not there: refused with the one code for it, each named. */
async function sparse(wire: Wire): Promise<void> {
  const content = made('image');
  const absent = [...content.blobs.keys()][1] as string;
  content.blobs.delete(absent);
  const manifest = await pushBlobs(wire, content);
  const answer = await putManifest(wire, manifest.descriptor.digest, manifest);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  const { errors } = JSON.parse(answer.body.toString());
  expect(errors.map(({ code }: { code: string }) => code)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  expect(JSON.stringify(errors)).toContain(absent);
}

async function tagParameters(wire: Wire, kind: string): Promise<void> {
  const content = made(kind);
  await pushBlobs(wire, content);
  for (const [row, manifest] of content.manifests.entries()) {
    const answer = await putManifest(
      wire,
      manifest.descriptor.digest,
      manifest,
      `?tag=a${row}&tag=b${row}`,
    );
    const accepted = answer.headers
      .get('oci-tag')
      ?.split(',')
      .map((tag) => tag.trim());
    expect(accepted).toEqual([`a${row}`, `b${row}`]);
    await expectManifest(wire, `b${row}`, manifest);
  }
}
