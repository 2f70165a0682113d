import type { Platform } from '@mlcontainer/plugin-kit';

/** A content digest of the OCI image specification (descriptor.md, Digests); only SHA-256 is written. */
export type Digest = `sha256:${string}`;

/** A content descriptor (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform & { readonly variant?: string };
  readonly artifactType?: string;
  /** Where else the content is; layers that may not be distributed have them. */
  readonly urls?: readonly string[];
}

/** Media types of the OCI image specification (media-types.md). */
export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

/** Where a blob is in a layout, relative to it (image-layout.md, Blobs). */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}
