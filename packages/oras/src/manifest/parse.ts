import type { Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';

import { isManifestType } from '../media-types.ts';
import { isDigest } from '../reference.ts';
import { isRecord, parseJson } from '../transport/body.ts';

/** Registries take no larger manifests (distribution-spec, Pushing manifests). Bytes. */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

/** What a manifest or index says of others. */
export interface ManifestLinks {
  readonly mediaType: string | undefined;
  /** Of images and artifacts. */
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** Of indexes. */
  readonly manifests: readonly Descriptor[];
  readonly subject: Descriptor | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads a manifest or index (image-spec, manifest.md and image-index.md; Docker schema 2). Throws MLC6512 where it is
 * no JSON of that form, or could be read as both, which hides what was signed (CVE-2021-41190). `name` and `digest`
 * are for messages.
 */
export function parseManifest(bytes: Uint8Array, name: string, digest: string): ManifestLinks {
  const refuse = (detail: string): Error => mlcError('MLC6512', { name, digest, detail });
  const json = parseJson(bytes);
  if (!isRecord(json)) throw refuse('it is no JSON object');
  if (json.schemaVersion === 1)
    throw refuse('it has the schema version 1, which is no longer read');
  if ('manifests' in json && ('layers' in json || 'config' in json))
    throw refuse('it is a manifest and an index at once');
  const list = (value: unknown): readonly Descriptor[] => {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every(isDescriptor)) return value;
    throw refuse('what it lists are no descriptors with sha256 digests');
  };
  const single = (value: unknown): Descriptor | undefined =>
    list(value === undefined || value === null ? undefined : [value])[0];
  return {
    mediaType: text(json.mediaType),
    config: single(json.config),
    layers: list(json.layers),
    manifests: list(json.manifests),
    subject: single(json.subject),
    artifactType: text(json.artifactType),
    annotations: isTexts(json.annotations) ? json.annotations : undefined,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string');
}

/** Whether foreign JSON is a descriptor with a sha256 digest (image-spec, descriptor.md). */
export function isDescriptor(value: unknown): value is Descriptor {
  if (!isRecord(value)) return false;
  const { mediaType, digest, size } = value;
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0
  );
}

/**
 * The media type of a manifest: the header's, or where that says nothing the manifest's own. Throws MLC6512 where the
 * two differ, or where there is none.
 */
export function mediaTypeOf(
  header: string | undefined,
  { mediaType }: ManifestLinks,
  name: string,
  digest: string,
): string {
  const named = header?.replace(/;.*$/s, '').trim().toLowerCase();
  if (named !== undefined && isManifestType(named)) {
    if (mediaType === undefined || mediaType === named) return named;
    throw mlcError('MLC6512', {
      name,
      digest,
      detail: `it is sent as ${named} and says ${mediaType}`,
    });
  }
  if (mediaType !== undefined && isManifestType(mediaType)) return mediaType;
  const detail = `its media type is ${mediaType ?? named ?? 'not given'}`;
  throw mlcError('MLC6512', { name, digest, detail });
}
