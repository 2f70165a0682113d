import { MEDIA_TYPES } from '../descriptor.ts';

/** Docker's media types that say the same as OCI's (distribution, "Image Manifest Version 2, Schema 2"). */
const SAME_AS_OCI: Readonly<Record<string, string>> = {
  'application/vnd.docker.distribution.manifest.list.v2+json': MEDIA_TYPES.index,
  'application/vnd.docker.distribution.manifest.v2+json': MEDIA_TYPES.manifest,
  'application/vnd.docker.container.image.v1+json': MEDIA_TYPES.config,
  'application/vnd.docker.image.rootfs.diff.tar': MEDIA_TYPES.layer,
  'application/vnd.docker.image.rootfs.diff.tar.gzip': MEDIA_TYPES.layerGzip,
};

/**
 * The OCI media type of the same bytes: Docker's schema 2 types are renamed, all others stay (image-spec,
 * media-types.md, "Compatibility Matrix"). A manifest must not mix the two families.
 */
export function ociMediaType(mediaType: string): string {
  return SAME_AS_OCI[mediaType] ?? mediaType;
}
