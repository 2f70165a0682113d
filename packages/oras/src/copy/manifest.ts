import type { Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { ContentSource } from '../content.ts';
import { LARGEST_MANIFEST, parseManifest } from '../manifest/parse.ts';
import { isIndexType } from '../media-types.ts';
import { collect } from './collect.ts';

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
  /** As it says, or else the media type of its config (distribution-spec, Listing Referrers). */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Reads a manifest or index out of its bytes. Throws MLC6512 where they are not what the media type says. */
export function manifestNode(
  descriptor: Descriptor,
  bytes: Uint8Array,
  name: string,
): ManifestNode {
  const { mediaType, digest } = descriptor;
  const links = parseManifest(bytes, name, digest);
  const { config, subject, annotations, layers, manifests } = links;
  const refuse = (detail: string) => mlcError('MLC6512', { name, digest, detail });
  if (links.mediaType !== undefined && links.mediaType !== mediaType) {
    throw refuse(`it calls itself ${links.mediaType}, not ${mediaType}`);
  }
  const isIndex = isIndexType(mediaType);
  if (isIndex && (config !== undefined || layers.length > 0)) throw refuse('it is no index');
  if (!isIndex && config === undefined) throw refuse('it has no config');
  const artifactType = links.artifactType ?? config?.mediaType;
  return {
    descriptor,
    bytes,
    manifests,
    layers,
    ...(config !== undefined && { config }),
    ...(subject !== undefined && { subject }),
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** Fetches and reads a manifest or index. Throws MLC6512, and what the source throws. */
export async function readManifest(
  source: ContentSource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<ManifestNode> {
  const { digest, size } = descriptor;
  if (size > LARGEST_MANIFEST) {
    const detail = `${size} bytes are too many for a manifest`;
    throw mlcError('MLC6512', { name: source.name, digest, detail });
  }
  const bytes = await collect(source.fetch(descriptor, { signal }));
  return manifestNode(descriptor, bytes, source.name);
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
