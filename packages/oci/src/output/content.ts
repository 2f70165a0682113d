import { mlcError } from '@mlcontainer/plugin-kit';
import { MEDIA_TYPES, type Descriptor } from '../descriptor.ts';
import { jsonBlob, orderedDescriptor, type Blob } from '../image/json.ts';
import type { AssembledImage, AssembledIndex } from '../image/spec.ts';

/** A blob and where its bytes are: in a file that is only read, or in memory. */
export interface BlobSource {
  readonly descriptor: Descriptor;
  readonly source: { readonly path: string } | { readonly bytes: Uint8Array };
}

/** An image or index that a layout lists by name. */
export interface LayoutRoot {
  /** Of a manifest or an index. */
  readonly descriptor: Descriptor;
  /** `repository:tag`, with or without registry; the tag is `latest` when left out. */
  readonly name?: string;
}

/** What an OCI layout or an archive holds. */
export interface LayoutContent {
  readonly roots: readonly LayoutRoot[];
  /** Every blob that the roots reach, in any order; the same digest twice is taken once. */
  readonly blobs: readonly BlobSource[];
  /** The images, for the docker part of an archive; the first of a root's name is its `docker load` image. */
  readonly images: readonly { readonly image: AssembledImage; readonly name?: string }[];
}

/**
 * The content of a layout with one image, or with one index over images of several platforms.
 * `layers` gives the layers' bytes. Throws MLC6042 when one is missing.
 */
export function layoutContent(
  built: AssembledImage | AssembledIndex,
  layers: readonly BlobSource[],
  name?: string,
): LayoutContent {
  const images = 'images' in built ? built.images : [built];
  const own = 'images' in built ? [built.index] : [];
  const named = name === undefined ? {} : { name };
  const byDigest = new Map(layers.map((layer) => [layer.descriptor.digest, layer]));
  const blobs = new Map<string, BlobSource>();
  const add = (blob: BlobSource): unknown => blobs.set(blob.descriptor.digest, blob);
  for (const blob of own) add(inMemory(blob));
  for (const image of images) {
    add(inMemory(image.manifest));
    add(inMemory(image.config));
    for (const { digest } of image.layers) {
      const layer = byDigest.get(digest);
      if (layer === undefined) throw mlcError('MLC6042', { path: name ?? 'image', digest });
      add(layer);
    }
  }
  const roots = [{ descriptor: built.descriptor, ...named }];
  return {
    roots,
    blobs: [...blobs.values()],
    images: images.map((image) => ({ image, ...named })),
  };
}

function inMemory(blob: Blob): BlobSource {
  return { descriptor: blob.descriptor, source: { bytes: blob.bytes } };
}

/** `oci-layout` (image-spec image-layout.md). */
export const LAYOUT_FILE: Uint8Array = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/**
 * `index.json`. The tag goes to the annotation that skopeo, umoci and podman look for, the full name to the one that
 * containerd and docker's containerd store read.
 */
export function indexFile(roots: readonly LayoutRoot[]): Uint8Array {
  const manifests = roots.map(({ descriptor, name }) => orderedDescriptor(named(descriptor, name)));
  return jsonBlob(MEDIA_TYPES.index, { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests })
    .bytes;
}

function named(descriptor: Descriptor, name: string | undefined): Descriptor {
  if (name === undefined) return descriptor;
  const { repository, tag } = splitName(name);
  const annotations = {
    ...descriptor.annotations,
    'io.containerd.image.name': `${fullRepository(repository)}:${tag}`,
    'org.opencontainers.image.ref.name': tag,
  };
  return { ...descriptor, annotations };
}

/** `repository:tag` in two parts; a colon before the last slash belongs to the registry's port. */
export function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const colon = name.lastIndexOf(':');
  if (colon <= name.lastIndexOf('/')) return { repository: name, tag: 'latest' };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** With the registry that docker means when there is none (distribution/reference, "familiar names"). */
function fullRepository(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  if (rest.length === 0) return `docker.io/library/${repository}`;
  return /[.:]/.test(first) || first === 'localhost' ? repository : `docker.io/${repository}`;
}
