import { createHash, randomBytes } from 'node:crypto';
import { request as httpsRequest } from 'node:https';

import { expect, it } from 'vitest';

import { startRegistry, type TestRegistry } from '../index.ts';

const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY = '{}';

function digestOf(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function pushBlob(registry: TestRegistry, name: string, bytes: string | Buffer) {
  const begun = await fetch(`${registry.origin}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location') ?? '', registry.origin);
  place.searchParams.set('digest', digestOf(bytes));
  return fetch(place, {
    method: 'PUT',
    body: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

function imageOf(layer: Uint8Array): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: TYPE,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(EMPTY), size: 2 },
    layers: [
      { mediaType: 'application/octet-stream', digest: digestOf(layer), size: layer.byteLength },
    ],
  });
}

function putManifest(registry: TestRegistry, name: string, tag: string, body: string, type = TYPE) {
  const headers = { 'content-type': type };
  return fetch(`${registry.origin}/v2/${name}/manifests/${tag}`, { method: 'PUT', body, headers });
}

it('takes an image, gives it back, and writes both into its journal', async () => {
  await using registry = await startRegistry();
  const layer = randomBytes(100_000);
  expect((await pushBlob(registry, 'a/b', layer)).status).toBe(201);
  const image = imageOf(layer);
  const refused = await putManifest(registry, 'a/b', 'latest', image);
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest: digestOf(EMPTY) } }] },
  ]);
  await pushBlob(registry, 'a/b', EMPTY);
  expect((await putManifest(registry, 'a/b', 'latest', image)).status).toBe(201);
  const pulled = await fetch(`${registry.origin}/v2/a/b/manifests/latest`);
  expect(await pulled.text()).toBe(image);
  expect(registry.journal.of({ endpoint: 'upload', method: 'PUT' })).toMatchObject([
    { requestBytes: 100_000, status: 201, outcome: 'done' },
    { requestBytes: 2, status: 201 },
  ]);
  expect(registry.commits.map(({ how }) => how)).toEqual(['upload', 'upload', 'manifest']);
});

it('serves https by a certificate of its own authority', async () => {
  await using registry = await startRegistry({ tls: true });
  const status = await new Promise((resolve, reject) => {
    httpsRequest(`${registry.origin}/v2/`, { ca: registry.ca }, ({ statusCode }) =>
      resolve(statusCode),
    )
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

it('keeps bodies in a folder where it is given one', async () => {
  const { tempProject } = await import('../index.ts');
  await using project = await tempProject();
  await using registry = await startRegistry({ folder: project.path('bodies') });
  const bytes = randomBytes(300_000);
  expect((await pushBlob(registry, 'x', bytes)).status).toBe(201);
  const back = await fetch(`${registry.origin}/v2/x/blobs/${digestOf(bytes)}`, {
    headers: { range: 'bytes=299990-' },
  });
  expect([back.status, Buffer.from(await back.arrayBuffer())]).toEqual([
    206,
    bytes.subarray(299_990),
  ]);
});

it('wants a token for the scope of a request', async () => {
  await using registry = await startRegistry({
    authentication: { kind: 'bearer', users: { ann: 'secret' } },
  });
  const asked = await fetch(`${registry.origin}/v2/a/manifests/x`);
  expect(asked.headers.get('www-authenticate')).toBe(
    `Bearer realm="${registry.tokenOrigin}/token",service="registry.test",scope="repository:a:pull"`,
  );
  const scope = 'service=registry.test&scope=repository:a:pull';
  const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  const given = await fetch(`${registry.tokenOrigin}/token?${scope}`, {
    headers: { authorization: basic },
  });
  const { token } = (await given.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${registry.origin}/v2/a/manifests/x`, { headers })).status).toBe(404);
  const other = await fetch(`${registry.origin}/v2/b/manifests/x`, { headers });
  expect(other.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
});

it('cuts the connection after so many bytes, on the occasion named', async () => {
  await using registry = await startRegistry({
    faults: [
      {
        name: 'cut',
        on: { endpoint: 'blob', method: 'GET', nth: 2 },
        then: { kind: 'cut', at: { responseBytes: 1000 } },
      },
    ],
  });
  const digest = await registry.seedBlob('a', randomBytes(5000));
  const url = `${registry.origin}/v2/a/blobs/${digest}`;
  expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(5000);
  await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
  expect(registry.journal.entries).toMatchObject([
    { outcome: 'done', responseBytes: 5000, faults: [] },
    { outcome: 'cut', responseBytes: 1000, faults: ['cut'] },
  ]);
});
