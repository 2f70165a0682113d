import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '@mlcontainer/plugin-kit';
import type { Entry } from '../../src/entry.ts';
import { assembleImage } from '../../src/image/assemble.ts';
import type { AssembledImage, ImageLayer } from '../../src/image/spec.ts';
import { withParents } from '../../src/layer/parents.ts';
import type { LayerCompression } from '../../src/layer/write.ts';
import type { BlobSource } from '../../src/output/content.ts';
import { deflated, file, layerOf, noise, prose, symlink } from './entries.ts';

export const signal: AbortSignal = new AbortController().signal;

/** The layers of a small image, lowest first. */
export const LAYERS: readonly (readonly Entry[])[] = [
  [
    symlink('bin', 'usr/bin'),
    file('etc/os-release', 'ID=test\n'),
    file('usr/bin/tool', '#!/bin/sh\n', 0o755),
  ],
  [
    { type: 'file', path: 'opt/lib/big.so', mode: 0o755, content: deflated(noise(300_000)) },
    { type: 'file', path: 'opt/lib/small.py', mode: 0o644, content: deflated(prose(9000)) },
    { type: 'hardlink', path: 'opt/lib/same.py', mode: 0o644, target: 'opt/lib/small.py' },
    file(`opt/lib/${'deep/'.repeat(40)}ü.txt`, 'long'),
  ],
  [file('app/model.bin', noise(100_000, 3))],
];

export interface BuiltImage {
  readonly image: AssembledImage;
  readonly blobs: readonly BlobSource[];
}

/** Builds the small image; its layers' files go to the folder. */
export async function buildImage(
  folder: string,
  compressions: readonly LayerCompression[] = ['gzip-members', 'gzip-members', 'none'],
  architecture: Platform['architecture'] = 'amd64',
): Promise<BuiltImage> {
  const layers: ImageLayer[] = [];
  const blobs: BlobSource[] = [];
  for (const [at, entries] of LAYERS.entries()) {
    const { bytes, mediaType, digest, size, diffId } = await layerOf(
      withParents(entries),
      compressions[at],
    );
    const path = join(folder, digest.slice(7));
    writeFileSync(path, bytes);
    const descriptor = { mediaType, digest, size };
    blobs.push({ descriptor, source: { path } });
    layers.push({ descriptor, diffId, history: { createdBy: `layer ${at}`, comment: 'test' } });
  }
  const image = assembleImage({
    platform: { os: 'linux', architecture },
    config: {
      user: '65532:65532',
      workingDir: '/app',
      entrypoint: ['/usr/bin/tool'],
      env: { PATH: '/usr/bin', LANG: 'C.UTF-8' },
      labels: { 'org.opencontainers.image.title': 'test' },
      exposedPorts: ['8080/tcp'],
      stopSignal: 'SIGTERM',
    },
    layers,
  });
  return { image, blobs };
}
