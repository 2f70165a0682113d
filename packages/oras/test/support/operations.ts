import { MEDIA_TYPES } from '@mlcontainer/oci';
import { expect } from 'vitest';

import { pushGraph } from '../../src/index.ts';
import { bytesOf, collect, content, graphOf, imageOf, noise } from './contents.ts';
import { seed, type Lab } from './lab.ts';

/** Something that a client does, with what must be true when it ended well. */
export interface Operation {
  readonly name: 'push' | 'pull' | 'mount' | 'referrers';
  /** What is in the registry before. */
  prepare(lab: Lab): Promise<void>;
  run(lab: Lab): Promise<void>;
  /** Whether the registry holds what a finished run leaves; never half of it. */
  check(lab: Lab): Promise<void>;
}

export const IMAGE = graphOf(50_000, 70_000);
const ARTIFACT_LAYER = content(noise(300, 9), 'application/vnd.example.sbom');
export const ARTIFACT = imageOf([ARTIFACT_LAYER], {
  artifactType: 'application/vnd.example.sbom',
  subject: IMAGE.manifest.descriptor,
});

async function expectImage({ registry }: Lab): Promise<void> {
  const bytes = await bytesOf(IMAGE.manifest);
  expect(registry.readManifest('team/app', 'v1')).toEqual(bytes);
  for (const blob of IMAGE.blobs)
    expect(await registry.readBlob('team/app', blob.descriptor.digest)).toEqual(
      await bytesOf(blob),
    );
}

const push: Operation = {
  name: 'push',
  prepare: async () => undefined,
  run: async ({ repository, signal }) => void (await pushGraph(repository(), IMAGE, { signal })),
  check: expectImage,
};

const mount: Operation = {
  name: 'mount',
  prepare: ({ registry }) => seed(registry, IMAGE, 'team/base'),
  run: async ({ repository, signal }) => {
    await pushGraph(repository(), IMAGE, { signal, mountFrom: ['team/base'] });
  },
  check: expectImage,
};

const pull: Operation = {
  name: 'pull',
  prepare: ({ registry }) => seed(registry, IMAGE),
  run: async ({ repository, signal }) => {
    const source = repository();
    const found = await source.resolve('v1', { signal });
    expect(found).toEqual(IMAGE.manifest.descriptor);
    const { bytes } = await source.getManifest(found, { signal });
    expect(bytes).toEqual(await bytesOf(IMAGE.manifest));
    for (const blob of IMAGE.blobs)
      expect(await collect(source.fetch(blob.descriptor, { signal }))).toEqual(await bytesOf(blob));
  },
  check: async () => undefined,
};

const referrers: Operation = {
  name: 'referrers',
  prepare: ({ registry }) => seed(registry, IMAGE),
  run: async ({ repository, signal }) => {
    const target = repository();
    const blobs = [ARTIFACT_LAYER, ARTIFACT.config];
    await pushGraph(target, { blobs, manifests: [ARTIFACT.manifest], tags: [] }, { signal });
    const listed = await target.referrers(IMAGE.manifest.descriptor, { signal });
    expect(listed).toEqual([
      { ...ARTIFACT.manifest.descriptor, artifactType: 'application/vnd.example.sbom' },
    ]);
  },
  check: async ({ registry }) => {
    const { digest } = ARTIFACT.manifest.descriptor;
    expect(registry.readManifest('team/app', digest)).toEqual(await bytesOf(ARTIFACT.manifest));
  },
};

export const OPERATIONS: readonly Operation[] = [push, pull, mount, referrers];

export const INDEX_TYPE = MEDIA_TYPES.index;
