import {
  MEDIA_TYPES,
  parseObject,
  ShapeFault,
  toIndex,
  toManifest,
  type Descriptor,
} from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { ContentSource } from '../content.ts';
import { collect } from './collect.ts';

const INDEX_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.index,
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
const MANIFEST_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.manifest,
  'application/vnd.docker.distribution.manifest.v2+json',
]);

/** What registries take at most (distribution-spec, Pushing Manifests: "at least 4 megabytes"). */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Whether a media type is that of an image index, OCI's or Docker's. */
export function isIndexType(mediaType: string): boolean {
  return INDEX_TYPES.has(mediaType);
}

/** Whether a media type is that of a manifest or an index: what is pushed and tagged as such, not as a blob. */
export function isManifestType(mediaType: string): boolean {
  return INDEX_TYPES.has(mediaType) || MANIFEST_TYPES.has(mediaType);
}

/** A manifest or index as read, with what it points to. */
export interface ManifestNode {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Of an index; none for a manifest. */
  readonly manifests: readonly Descriptor[];
  /** Of a manifest. */
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  /** As it says, or else the media type of its config (image-spec, manifest.md, Guidelines for Artifact Usage). */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Reads a manifest or index out of its bytes. Throws MLC6512 where they are not what the media type says: a document
 * with `layers` and `manifests` at once is refused, because two readers would see two images (CVE-2021-41190).
 */
export function parseManifest(
  descriptor: Descriptor,
  bytes: Uint8Array,
  name: string,
): ManifestNode {
  try {
    return nodeOf(descriptor, bytes);
  } catch (cause) {
    if (!(cause instanceof ShapeFault)) throw cause;
    const { digest } = descriptor;
    throw mlcError('MLC6512', { name, digest, detail: cause.message }, { cause });
  }
}

function nodeOf(descriptor: Descriptor, bytes: Uint8Array): ManifestNode {
  const json = parseObject(bytes);
  const { mediaType } = descriptor;
  if (json['mediaType'] !== undefined && json['mediaType'] !== mediaType) {
    throw new ShapeFault(`it calls itself ${JSON.stringify(json['mediaType'])}, not ${mediaType}`);
  }
  const isIndex = isIndexType(mediaType);
  for (const key of isIndex ? ['layers', 'config'] : ['manifests']) {
    if (json[key] !== undefined) throw new ShapeFault(`${key} has no place in ${mediaType}`);
  }
  if (isIndex) return { descriptor, bytes, layers: [], ...toIndex(json) };
  const { artifactType, ...manifest } = toManifest(json);
  const type = artifactType ?? manifest.config.mediaType;
  return { descriptor, bytes, manifests: [], artifactType: type, ...manifest };
}

/** Fetches and reads a manifest or index. Throws MLC6512, and what the source throws. */
export async function readManifest(
  source: ContentSource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<ManifestNode> {
  const { digest, size } = descriptor;
  if (size > MAX_MANIFEST_BYTES) {
    const detail = `${size} bytes are too many for a manifest`;
    throw mlcError('MLC6512', { name: source.name, digest, detail });
  }
  const bytes = await collect(source.fetch(descriptor, { signal }));
  return parseManifest(descriptor, bytes, source.name);
}

/** How a listing of referrers describes a manifest (distribution-spec, Listing Referrers). */
export function referrerDescriptor(node: ManifestNode): Descriptor {
  const { descriptor, artifactType, annotations } = node;
  const { mediaType, digest, size } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(annotations !== undefined && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
  };
}
