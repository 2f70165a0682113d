import { gzipSync } from 'node:zlib';

import { digestOf, someBytes } from './wire.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const EMPTY = 'application/vnd.oci.empty.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

/** A manifest to push, with what it has to go with. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly subject?: Descriptor;
}

/** What one case pushes, pulls and removes again; manifests in the order in which they are pushed. */
export interface Content {
  readonly algorithm: string;
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Manifest[];
  readonly tags: Map<string, string>;
}

export function newContent(algorithm = 'sha256'): Content {
  return { algorithm, blobs: new Map(), manifests: [], tags: new Map() };
}

/** Adds a blob, unless it is never pushed. */
export function addBlob(
  content: Content,
  mediaType: string,
  bytes: Uint8Array,
  options: { readonly isAbsent?: boolean } = {},
): Descriptor {
  const digest = digestOf(bytes, content.algorithm);
  if (options.isAbsent !== true) content.blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.byteLength };
}

export function addLayer(content: Content, isCompressed = true): Descriptor {
  const bytes = someBytes(2048);
  return isCompressed
    ? addBlob(content, `${LAYER}+gzip`, gzipSync(bytes))
    : addBlob(content, LAYER, bytes);
}

export function addConfig(content: Content): Descriptor {
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } };
  return addBlob(content, CONFIG, Buffer.from(JSON.stringify({ ...config, seed: someBytes(8) })));
}

export function addEmpty(content: Content): Descriptor {
  return addBlob(content, EMPTY, Buffer.from('{}'));
}

/** Adds an image with two layers; fields given stand in the place of its own. */
export function addImage(content: Content, fields: Record<string, unknown> = {}): Descriptor {
  return addManifest(content, MANIFEST, {
    config: fields.config ?? addConfig(content),
    layers: fields.layers ?? [addLayer(content), addLayer(content)],
    ...fields,
  });
}

/** Adds an index of what it is given. */
export function addIndex(
  content: Content,
  manifests: readonly Descriptor[],
  fields: Record<string, unknown> = {},
): Descriptor {
  return addManifest(content, INDEX, { manifests, ...fields });
}

function addManifest(content: Content, mediaType: string, fields: Record<string, unknown>) {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }));
  const digest = digestOf(bytes, content.algorithm);
  const descriptor: Descriptor = { mediaType, digest, size: bytes.byteLength };
  const subject = fields.subject as Descriptor | undefined;
  content.manifests.push({ descriptor, bytes, ...(subject === undefined ? {} : { subject }) });
  return descriptor;
}
