import { createCipheriv, createHash } from 'node:crypto';

import { MEDIA_TYPES } from '@mlcontainer/oci';

import type { Content } from '../../src/content.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { bytesContent, jsonContent } from './graph.ts';

/** Bytes that do not compress, the same for the same seed. */
export function noise(seed: string, size: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

export function layer(seed: string, size = 100_000): Content {
  return bytesContent(noise(seed, size), MEDIA_TYPES.layerGzip);
}

/** A content that counts how often it is opened. */
export function counted(content: Content): Content & { readonly opened: () => number } {
  let opened = 0;
  return {
    descriptor: content.descriptor,
    open: () => {
      opened += 1;
      return content.open();
    },
    opened: () => opened,
  };
}

/** An image of these layers, ready to be pushed. */
export function imageOf(layers: readonly Content[], ...tags: readonly string[]): Graph {
  const json = { architecture: 'amd64', os: 'linux', layers: layers.length };
  const config = bytesContent(Buffer.from(JSON.stringify(json)), MEDIA_TYPES.config);
  const manifest = jsonContent({
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  return { blobs: [...layers, config], manifests: [manifest], tags };
}

/** An index over images. */
export function indexOf(images: readonly Graph[], ...tags: readonly string[]): Graph {
  const children = images.flatMap(({ manifests }) => manifests);
  const index = jsonContent(
    { manifests: children.map(({ descriptor }) => descriptor) },
    MEDIA_TYPES.index,
  );
  return { blobs: images.flatMap(({ blobs }) => blobs), manifests: [...children, index], tags };
}

/** The root of a graph. */
export function rootOf({ manifests }: Graph): Content {
  const root = manifests.at(-1);
  if (root === undefined) throw new Error('no manifest');
  return root;
}
