import { digestOf, MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';

import type { Content } from '../../src/content.ts';
import type { Graph } from '../../src/graph/graph.ts';

/** Content of bytes, read in pieces. */
export function content(bytes: Uint8Array, mediaType: string): Content {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  return {
    descriptor,
    async *open() {
      for (let at = 0; at < bytes.byteLength; at += 16_384) yield bytes.subarray(at, at + 16_384);
    },
  };
}

/** Bytes that look like nothing and are the same each time. */
export function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed * 2_654_435_761 + 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** A manifest of these layers and an own config. */
export function imageOf(
  layers: readonly Content[],
  more: Record<string, unknown> = {},
): { readonly config: Content; readonly manifest: Content } {
  const config = content(
    Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', of: layers.length })),
    MEDIA_TYPES.config,
  );
  const manifest = content(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.manifest,
        config: config.descriptor,
        layers: layers.map(({ descriptor }) => descriptor),
        ...more,
      }),
    ),
    MEDIA_TYPES.manifest,
  );
  return { config, manifest };
}

/** An image of layers of these sizes, tagged `v1`. Bytes. */
export function graphOf(...sizes: readonly number[]): Graph & { readonly manifest: Content } {
  const layers = sizes.map((size, at) => content(noise(size, at + 1), MEDIA_TYPES.layer));
  const { config, manifest } = imageOf(layers);
  return { blobs: [...layers, config], manifests: [manifest], tags: ['v1'], manifest };
}

export async function bytesOf({ open }: Content): Promise<Buffer> {
  return collect(open());
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
