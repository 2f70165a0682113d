import {
  jsonBlob,
  MEDIA_TYPES,
  orderedDescriptor,
  type Blob,
  type BlobSource,
} from '@mlcontainer/oci';
import { VENDOR_TYPE } from './bundle.ts';

/** The empty configuration of an artifact (image-spec manifest.md, Guidelines for Artifact Usage). */
export const EMPTY_CONFIG: Blob = jsonBlob(MEDIA_TYPES.empty, {});

/** The manifest over a bundle's blobs: an artifact without a clock in it, so that one lock gives one digest. */
export function bundleManifest(blobs: readonly BlobSource[]): Blob {
  return jsonBlob(MEDIA_TYPES.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: VENDOR_TYPE,
    config: orderedDescriptor(EMPTY_CONFIG.descriptor),
    layers: blobs.map(({ descriptor }) => orderedDescriptor(descriptor)),
  });
}
