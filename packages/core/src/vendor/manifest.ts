import {
  jsonBlob,
  MEDIA_TYPES,
  orderedDescriptor,
  type Blob,
  type Descriptor,
} from '@mlcontainer/oci';
import { VENDOR_TYPE } from './bundle.ts';

/** What goes into a bundle, before its bytes are looked at. */
export interface BundledBlob {
  readonly descriptor: Descriptor;
  readonly source: { readonly path: string } | { readonly bytes: Uint8Array };
}

/** The empty configuration of an artifact (image-spec manifest.md, Guidelines for Artifact Usage). */
export const EMPTY_CONFIG: Blob = jsonBlob(MEDIA_TYPES.empty, {});

/** The manifest over a bundle's blobs: an artifact without a clock in it, so that one lock gives one digest. */
export function bundleManifest(blobs: readonly BundledBlob[]): Blob {
  return jsonBlob(MEDIA_TYPES.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: VENDOR_TYPE,
    config: orderedDescriptor(EMPTY_CONFIG.descriptor),
    layers: blobs.map(({ descriptor }) => orderedDescriptor(descriptor)),
  });
}
