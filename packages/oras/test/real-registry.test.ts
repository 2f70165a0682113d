import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { digestOf, MEDIA_TYPES } from '@mlcontainer/oci';
import { createClock } from '@mlcontainer/node-ports';
import { expect, it } from 'vitest';

import type { Content } from '../src/content.ts';
import type { Graph } from '../src/graph/graph.ts';
import { pushGraph } from '../src/graph/push-graph.ts';
import { bytesContent, jsonContent } from './support/graph.ts';
import { collect } from './support/collect.ts';
import { signal, testClient } from './support/client.ts';
import { layer, noise, rootOf } from './support/image.ts';
import { skopeo, startRealRegistry, type RealRegistry } from './support/real.ts';

/** An image that real tools take: its layers are gzip, its config names their contents. */
function realImage(seeds: readonly string[], ...tags: readonly string[]): Graph {
  const tars = seeds.map((seed) => Buffer.concat([tarOf(seed), Buffer.alloc(1024)]));
  const layers = tars.map((tar) => bytesContent(gzipSync(tar), MEDIA_TYPES.layerGzip));
  const config = bytesContent(
    Buffer.from(
      JSON.stringify({
        ...{ architecture: 'amd64', os: 'linux', config: {} },
        rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
      }),
    ),
    MEDIA_TYPES.config,
  );
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const manifest = jsonContent({ config: config.descriptor, layers: descriptors });
  return { blobs: [...layers, config], manifests: [manifest], tags };
}

/** One file of a tar archive (POSIX ustar). */
function tarOf(name: string): Buffer {
  const body = noise(name, 100_000);
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000644\x000000000\x000000000\x00', 100);
  header.write(`${body.byteLength.toString(8).padStart(11, '0')}\x0000000000000\x00`, 124);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc(512 - (body.byteLength % 512))]);
}

function repositoryOf(registry: RealRegistry, repository: string, chunkBytes?: number) {
  const made = testClient(chunkBytes === undefined ? {} : { chunkBytes });
  return { ...made, repository: made.client.repository({ registry: registry.host, repository }) };
}

async function pull(content: Content, registry: RealRegistry, name: string): Promise<string> {
  const { repository } = repositoryOf(registry, name);
  const parts = await collect(repository.fetch(content.descriptor, { signal }));
  return digestOf(Buffer.concat(parts));
}

it('docker-registry: push, pull, mount; skopeo reads and writes the same', async () => {
  await using registry = await startRealRegistry();
  const image = realImage(['a', 'b'], 'v1', 'latest');
  const { repository } = repositoryOf(registry, 'team/one');
  await pushGraph(repository, image, { signal });
  for (const blob of image.blobs)
    expect(await pull(blob, registry, 'team/one')).toBe(blob.descriptor.digest);
  const other = repositoryOf(registry, 'team/two').repository;
  const mounted = await pushGraph(other, image, { signal, mountFrom: ['team/one'] });
  expect([...mounted.outcomes.values()].map(({ how }) => how)).toEqual([
    ...Array<string>(3).fill('mounted'),
    'uploaded',
  ]);
  const { digest } = rootOf(image).descriptor;
  const inspected = JSON.parse(
    await skopeo('inspect', '--tls-verify=false', `docker://${registry.host}/team/two:v1`),
  );
  expect(inspected).toMatchObject({ Digest: digest, RepoTags: ['latest', 'v1'] });
  const copy = join(registry.folder, 'copy');
  const from = `docker://${registry.host}/team/two:v1`;
  await skopeo('--insecure-policy', 'copy', '--src-tls-verify=false', from, `oci:${copy}:v1`);
  const back = `docker://${registry.host}/team/three:v1`;
  await skopeo('--insecure-policy', 'copy', '--dest-tls-verify=false', `oci:${copy}:v1`, back);
  const three = repositoryOf(registry, 'team/three').repository;
  expect((await three.resolve('v1', { signal })).digest).toBe(digest);
  expect(await collect(three.tags({ signal }))).toEqual(['v1']);
});

it('docker-registry: chunks, also small ones', async () => {
  await using registry = await startRealRegistry();
  const blob = layer('chunks', 1_000_001);
  const { repository } = repositoryOf(registry, 'a', 100_000);
  expect(await repository.push(blob, { signal })).toEqual({ how: 'uploaded', sent: 1_000_001 });
  expect(await pull(blob, registry, 'a')).toBe(blob.descriptor.digest);
});

it('docker-registry: referrers by the tag schema', async () => {
  await using registry = await startRealRegistry();
  const image = realImage(['a'], 'v1');
  const { repository } = repositoryOf(registry, 'a');
  await pushGraph(repository, image, { signal });
  const empty = bytesContent(Buffer.from('{}'), MEDIA_TYPES.empty);
  const subject = rootOf(image).descriptor;
  const sbom = jsonContent({
    artifactType: 'application/x.sbom',
    ...{ config: empty.descriptor, layers: [empty.descriptor], subject },
  });
  await repository.push(empty, { signal });
  await repository.push(sbom, { signal });
  expect(await repository.referrers(subject, { signal })).toEqual([
    { ...sbom.descriptor, artifactType: 'application/x.sbom' },
  ]);
  expect(await collect(repository.tags({ signal }))).toContain(subject.digest.replace(':', '-'));
  await repository.deleteManifest(sbom.descriptor, { signal });
  expect(await repository.referrers(subject, { signal })).toEqual([]);
});

it.each([
  ['one PUT', undefined],
  ['chunks', 1_000_000],
])('docker-registry: killed in the middle of %s, the push ends well', async (_name, chunkBytes) => {
  await using registry = await startRealRegistry();
  const done = layer('done', 1000);
  const big = layer('big', 20_000_000);
  // Real time, as the registry needs some to come back.
  const { client } = testClient({
    ...(chunkBytes !== undefined && { chunkBytes }),
    ports: { http: testClient({}).http, clock: createClock() },
  });
  const repository = client.repository({ registry: registry.host, repository: 'a' });
  await repository.push(done, { signal });
  let restarted: Promise<void> | undefined;
  const slowly: Content = {
    descriptor: big.descriptor,
    async *open() {
      for await (const bytes of big.open())
        for (let at = 0; at < bytes.byteLength; at += 1_000_000) {
          if (at === 10_000_000) await (restarted ??= registry.restart());
          yield bytes.subarray(at, at + 1_000_000);
        }
    },
  };
  expect((await repository.push(slowly, { signal })).how).toBe('uploaded');
  expect(await pull(big, registry, 'a')).toBe(big.descriptor.digest);
  expect(await repositoryOf(registry, 'a').repository.push(done, { signal })).toEqual({
    how: 'present',
    sent: 0,
  });
});
