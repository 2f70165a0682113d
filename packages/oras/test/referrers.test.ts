import { MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';
import { startRegistry, type RegistryOptions } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import type { Content } from '../src/content.ts';
import { pushGraph } from '../src/graph/push-graph.ts';
import { bytesContent, codeOf, jsonContent } from './support/graph.ts';
import { asked, signal, testRepository } from './support/client.ts';
import { imageOf, layer, rootOf } from './support/image.ts';

const EMPTY = bytesContent(Buffer.from('{}'), MEDIA_TYPES.empty);

function artifact(subject: Descriptor, artifactType: string, name = artifactType): Content {
  return jsonContent({
    artifactType,
    config: EMPTY.descriptor,
    layers: [EMPTY.descriptor],
    subject,
    annotations: { name },
  });
}

async function withSubject(options: RegistryOptions) {
  const registry = await startRegistry(options);
  const made = testRepository(registry, 'a');
  const image = imageOf([layer('a')], 'v1');
  await pushGraph(made.repository, image, { signal });
  await made.repository.push(EMPTY, { signal });
  const subject = rootOf(image).descriptor;
  return { ...made, registry, subject, tag: subject.digest.replace(':', '-') };
}

it.each(['generic', 'no-referrers'] as const)('attached and found: %s', async (profile) => {
  const { registry, repository, subject } = await withSubject({
    profile,
    different: { referrersPage: 1, filtersReferrers: false },
  });
  await using _ = registry;
  expect(await repository.referrers(subject, { signal })).toEqual([]);
  const sbom = artifact(subject, 'application/x.sbom');
  const signature = artifact(subject, 'application/x.signature');
  await repository.push(sbom, { signal });
  await repository.push(signature, { signal });
  const found = await repository.referrers(subject, { signal });
  expect(found.map(({ digest }) => digest).sort()).toEqual(
    [sbom, signature].map(({ descriptor }) => descriptor.digest).sort(),
  );
  const artifactType = 'application/x.sbom';
  expect(await repository.referrers(subject, { signal, artifactType })).toEqual([
    { ...sbom.descriptor, artifactType, annotations: { name: artifactType } },
  ]);
  await repository.deleteManifest(sbom.descriptor, { signal });
  expect(await repository.referrers(subject, { signal })).toMatchObject([signature.descriptor]);
});

it('a registry that lists referrers itself gets no tag', async () => {
  const { registry, repository, subject, tag } = await withSubject({});
  await using _ = registry;
  await repository.push(artifact(subject, 'application/x'), { signal });
  expect(registry.tags('a')).not.toContain(tag);
});

it('many at once: every one is listed, sorted, once', async () => {
  const { registry, repository, subject, tag } = await withSubject({ profile: 'no-referrers' });
  await using _ = registry;
  const all = Array.from({ length: 8 }, (_each, at) => artifact(subject, 'application/x', `${at}`));
  await Promise.all(all.map((content) => repository.push(content, { signal })));
  await repository.putManifest(all[0] as Content, undefined, { signal });
  const list = JSON.parse(Buffer.from(registry.readManifest('a', tag) ?? []).toString());
  const digests = list.manifests.map(({ digest }: Descriptor) => digest);
  expect(digests).toEqual(all.map(({ descriptor }) => descriptor.digest).sort());
});

it('a list that another client overwrote is written once more', async () => {
  const { registry, repository, subject, tag } = await withSubject({ profile: 'no-referrers' });
  await using _ = registry;
  await repository.push(artifact(subject, 'application/x', 'first'), { signal });
  const before = registry.readManifest('a', tag) ?? new Uint8Array();
  registry.addFaults({
    name: 'overwritten by another',
    on: { endpoint: 'manifest', method: 'GET', path: /sha256-/, nth: [2, 3] },
    then: {
      kind: 'answer',
      status: 200,
      headers: { 'content-type': MEDIA_TYPES.index },
      body: before,
    },
  });
  await repository.push(artifact(subject, 'application/x', 'second'), { signal });
  const list = JSON.parse(Buffer.from(registry.readManifest('a', tag) ?? []).toString());
  expect(list.manifests).toHaveLength(2);
  expect(registry.journal.of({ method: 'PUT', reference: tag })).toHaveLength(3);
});

it('a list that is overwritten for ever is an error', async () => {
  const { registry, repository, subject, tag } = await withSubject({ profile: 'no-referrers' });
  await using _ = registry;
  registry.addFaults({
    name: 'never there',
    on: { endpoint: 'manifest', method: 'GET', path: new RegExp(tag) },
    then: { kind: 'answer', status: 404 },
  });
  expect(await codeOf(repository.push(artifact(subject, 'application/x'), { signal }))).toBe(
    'MLC6523',
  );
});

it('an answer that is no index counts as no API', async () => {
  const { registry, repository, subject } = await withSubject({
    faults: [
      {
        name: 'a page for people',
        on: { endpoint: 'referrers' },
        then: {
          kind: 'answer',
          status: 200,
          headers: { 'content-type': 'text/html' },
          body: '<html>',
        },
      },
    ],
  });
  await using _ = registry;
  registry.journal.clear();
  expect(await repository.referrers(subject, { signal })).toEqual([]);
  expect(asked(registry)).toEqual(['GET referrers 200', 'GET manifest 404']);
});
