import { digestOf, type Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { ContentSource } from '../content.ts';
import { LARGEST_MANIFEST } from '../manifest/parse.ts';
import { isIndexType } from '../media-types.ts';
import { collect, streamOf } from './collect.ts';
import { readManifest } from './manifest.ts';

/** BuildKit's attestation manifests stand in the index beside the image that they are about. */
const ABOUT = 'vnd.docker.reference.digest';

/** A source in which an index with fewer images can be found beside everything that was there. */
export interface Selection {
  readonly root: Descriptor;
  readonly source: ContentSource;
}

/**
 * Chooses images of an index by platform (`os/architecture` or `os/architecture/variant`). The index keeps its digest
 * when every image stays; otherwise a new one is made, with everything else as it was. A manifest that stands alone
 * is judged by its config. Throws MLC6515 when a wanted platform is not there.
 */
export async function selectPlatforms(
  source: ContentSource,
  root: Descriptor,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<Selection> {
  if (!isIndexType(root.mediaType)) {
    const found = await platformOfImage(source, root, signal);
    checkAllThere(source, wanted, [found]);
    return { root, source };
  }
  const { bytes, manifests } = await readManifest(source, root, signal);
  checkAllThere(source, wanted, manifests.map(platformOf));
  const images = manifests.filter((entry) => isWanted(platformOf(entry), wanted));
  const digests = new Set<string>(images.map(({ digest }) => digest));
  const kept = manifests.filter(
    (entry) => digests.has(entry.digest) || digests.has(entry.annotations?.[ABOUT] ?? ''),
  );
  if (kept.length === manifests.length) return { root, source };
  return withIndex(source, root, bytes, kept);
}

function withIndex(
  source: ContentSource,
  root: Descriptor,
  bytes: Uint8Array,
  manifests: readonly Descriptor[],
): Selection {
  const json = JSON.parse(Buffer.from(bytes).toString()) as object;
  const smaller = Buffer.from(JSON.stringify({ ...json, manifests }));
  const digest = digestOf(smaller);
  return {
    root: { mediaType: root.mediaType, digest, size: smaller.length },
    source: {
      ...source,
      has: (descriptor, options) =>
        descriptor.digest === digest ? Promise.resolve(true) : source.has(descriptor, options),
      fetch: (descriptor, options) =>
        descriptor.digest === digest ? streamOf(smaller) : source.fetch(descriptor, options),
    },
  };
}

async function platformOfImage(
  source: ContentSource,
  root: Descriptor,
  signal: AbortSignal,
): Promise<string> {
  const { config } = await readManifest(source, root, signal);
  if (config === undefined || config.size > LARGEST_MANIFEST) return 'unknown';
  const bytes = await collect(source.fetch(config, { signal }));
  try {
    return textOf(JSON.parse(Buffer.from(bytes).toString()) as PlatformLike);
  } catch (error) {
    if (error instanceof SyntaxError) return 'unknown';
    throw error;
  }
}

interface PlatformLike {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

function platformOf({ platform }: Descriptor): string {
  return textOf(platform ?? {});
}

function textOf({ os = 'unknown', architecture = 'unknown', variant }: PlatformLike): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

function isWanted(platform: string, wanted: readonly string[]): boolean {
  return wanted.some((one) => platform === one || platform.startsWith(`${one}/`));
}

function checkAllThere(
  { name }: ContentSource,
  wanted: readonly string[],
  found: readonly string[],
): void {
  const platform = wanted.find((one) => !found.some((other) => isWanted(other, [one])));
  if (platform === undefined) return;
  const images = found.filter((other) => other !== 'unknown/unknown');
  throw mlcError('MLC6515', { name, platform, found: [...new Set(images)] });
}
