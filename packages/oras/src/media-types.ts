import { MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';

/** Docker's image manifest version 2, schema 2; read, never written. */
export const DOCKER_MEDIA_TYPES = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPES.index, DOCKER_MEDIA_TYPES.index]);
const MANIFESTS: ReadonlySet<string> = new Set([MEDIA_TYPES.manifest, DOCKER_MEDIA_TYPES.manifest]);

/** `Accept` for manifests: without it, registries convert to older forms with other digests. */
export const ACCEPT_MANIFESTS: string = [...INDEXES, ...MANIFESTS].join(', ');

/** Whether it is an index or manifest list. */
export function isIndexType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** Whether what is behind it is stored as a manifest (or index), not as a blob. */
export function isManifest(descriptor: Pick<Descriptor, 'mediaType'>): boolean {
  return isManifestType(descriptor.mediaType);
}

/** Whether a media type is that of a manifest or an index. */
export function isManifestType(mediaType: string): boolean {
  return INDEXES.has(mediaType) || MANIFESTS.has(mediaType);
}
