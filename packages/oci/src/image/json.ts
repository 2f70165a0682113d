import { createHash } from 'node:crypto';
import type { Descriptor, Digest } from '../descriptor.ts';

/** A blob in memory with its descriptor. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * JSON without white space, keys in the order in which the value was built: whoever builds it fixes the order.
 * Members that are undefined are left out.
 */
export function jsonBlob(mediaType: string, value: object): Blob {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** A record with its keys in code unit order; undefined for none. */
export function sorted<T>(
  record: Readonly<Record<string, T>> | undefined,
): Record<string, T> | undefined {
  const entries = Object.entries(record ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A descriptor with its members in the order of the specification. */
export function orderedDescriptor(descriptor: Descriptor): Descriptor {
  const { mediaType, digest, size, annotations, platform, artifactType } = descriptor;
  const notes = sorted(annotations);
  return {
    mediaType,
    digest,
    size,
    ...(notes !== undefined && { annotations: notes }),
    ...(platform !== undefined && { platform: orderedPlatform(platform) }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

function orderedPlatform(
  platform: NonNullable<Descriptor['platform']>,
): NonNullable<Descriptor['platform']> {
  const { architecture, os, variant } = platform;
  return { architecture, os, ...(variant !== undefined && { variant }) };
}
