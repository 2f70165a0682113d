import {
  compressionOf,
  MEDIA_TYPES,
  ociMediaType,
  parseObject,
  ShapeFault,
  toConfig,
  toIndex,
  toManifest,
  type ConfigJson,
  type Descriptor,
  type ManifestJson,
} from '@mlcontainer/oci';
import {
  mlcError,
  platformName,
  type BaseBlob,
  type PinnedBase,
  type Platform,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { baseDocument, type BaseSource } from './source.ts';

/** A base image by its digests, before its layers are looked into. */
export interface FoundBase extends Pick<PinnedBase, 'platform' | 'manifest' | 'config'> {
  readonly layers: readonly (BaseBlob & { readonly diffId: `sha256:${string}` })[];
  readonly configuration: ConfigJson;
}

/**
 * The images of a base for the platforms asked for, by manifests and configurations alone (image-spec, manifest.md,
 * image-index.md; Docker's schema 2). `pinned` is asked for instead of what the config names, where the lock has it.
 * Throws MLC6701 to MLC6703.
 */
export async function findBase(
  cx: EngineContext,
  source: BaseSource,
  platforms: readonly Platform[],
): Promise<readonly FoundBase[]> {
  const root = await source.content().resolve(source.wanted, { signal: cx.signal });
  const candidates = await manifestsOf(cx, source, root);
  const found: FoundBase[] = [];
  for (const platform of platforms)
    found.push(await findPlatform(cx, source, candidates, platform));
  return found;
}

/** What an index lists, or the one manifest itself. */
async function manifestsOf(
  cx: EngineContext,
  source: BaseSource,
  root: Descriptor,
): Promise<readonly Descriptor[]> {
  const type = ociMediaType(root.mediaType);
  if (type === MEDIA_TYPES.manifest) return [root];
  if (type !== MEDIA_TYPES.index) throw unusable(source, kindOf(root.mediaType));
  const index = await parsed(cx, source, root, toIndex);
  return index.manifests.filter(isImage);
}

/** Not the attestations that BuildKit lists beside its images, and not artifacts. */
function isImage({ mediaType, platform, artifactType }: Descriptor): boolean {
  const type = ociMediaType(mediaType);
  const named = (platform?.os as string | undefined) !== 'unknown';
  return type === MEDIA_TYPES.manifest && artifactType === undefined && named;
}

async function findPlatform(
  cx: EngineContext,
  source: BaseSource,
  candidates: readonly Descriptor[],
  platform: Platform,
): Promise<FoundBase> {
  const match = candidates.find(
    (one) => one.platform !== undefined && fits(one.platform, platform),
  );
  const silent = candidates.filter((one) => one.platform === undefined);
  for (const one of match === undefined ? silent : [match]) {
    const found = await readImage(cx, source, one, platform);
    if (fits(found.configuration, platform)) return found;
  }
  const available = candidates.flatMap(({ platform: one }) =>
    one === undefined ? [] : [`${one.os}/${one.architecture}`],
  );
  const own = await Promise.all(silent.map((one) => configOf(cx, source, one)));
  throw mlcError('MLC6702', {
    reference: source.reference,
    platform: platformName(platform),
    available: [...available, ...own.map(({ os, architecture }) => `${os}/${architecture}`)],
  });
}

/** `arm64` has one variant that counts, v8, and it is the default (image-spec, image-index.md, "Platform Variants"). */
function fits(
  offered: { readonly os: string; readonly architecture: string; readonly variant?: string },
  wanted: Platform,
): boolean {
  const { os, architecture, variant = '' } = offered;
  const plain = ['', 'v8', 'v1'].includes(variant);
  return os === wanted.os && architecture === wanted.architecture && plain;
}

async function configOf(cx: EngineContext, source: BaseSource, one: Descriptor) {
  const manifest = await parsed(cx, source, one, toManifest);
  return parsed(cx, source, manifest.config, toConfig);
}

async function readImage(
  cx: EngineContext,
  source: BaseSource,
  descriptor: Descriptor,
  platform: Platform,
): Promise<FoundBase> {
  const manifest = await parsed(cx, source, descriptor, toManifest);
  if (ociMediaType(manifest.config.mediaType) !== MEDIA_TYPES.config) {
    throw unusable(source, `it is an artifact (${manifest.config.mediaType}), no image`);
  }
  const configuration = await parsed(cx, source, manifest.config, toConfig);
  return {
    platform,
    manifest: blobOf(descriptor),
    config: blobOf(manifest.config),
    layers: layersOf(source, manifest, configuration),
    configuration,
  };
}

/** The configuration of a pinned base; a few kilobytes, from the store where it was fetched before. */
export function baseConfiguration(
  cx: EngineContext,
  source: BaseSource,
  pinned: Pick<PinnedBase, 'config'>,
): Promise<ConfigJson> {
  return parsed(cx, source, pinned.config, toConfig);
}

function layersOf(
  source: BaseSource,
  manifest: ManifestJson,
  { rootfs }: ConfigJson,
): FoundBase['layers'] {
  const { layers } = manifest;
  if (rootfs.diff_ids.length !== layers.length) {
    const detail = `${layers.length} layers, but ${rootfs.diff_ids.length} diff IDs`;
    throw unusable(source, detail);
  }
  if (layers.length === 0) throw unusable(source, 'it has no layers');
  return layers.map((layer, at) => {
    checkLayer(source, layer);
    return { ...blobOf(layer), diffId: rootfs.diff_ids[at]! };
  });
}

function checkLayer(source: BaseSource, { mediaType, digest, size, urls }: Descriptor): void {
  const refuse = (detail: string): never => {
    throw mlcError('MLC6703', { reference: source.reference, digest, detail });
  };
  if (/nondistributable|foreign/.test(mediaType) || (urls ?? []).length > 0)
    refuse('may not be distributed and lies elsewhere');
  if (mediaType.includes('+encrypted')) refuse('is encrypted');
  if (compressionOf(mediaType) === undefined) refuse(`is of the unknown type ${mediaType}`);
  if (size === 0) refuse('has no bytes');
}

function blobOf({ mediaType, digest, size }: Descriptor): BaseBlob {
  return { mediaType, digest, size };
}

async function parsed<T>(
  cx: EngineContext,
  source: BaseSource,
  blob: BaseBlob,
  parse: (json: ReturnType<typeof parseObject>) => T,
): Promise<T> {
  const bytes = await baseDocument(cx, source, blob);
  try {
    return parse(parseObject(bytes));
  } catch (cause) {
    if (!(cause instanceof ShapeFault)) throw cause;
    throw unusable(source, `${blob.digest}: ${cause.message}`, cause);
  }
}

function kindOf(mediaType: string): string {
  return /docker\.distribution\.manifest\.v1/.test(mediaType)
    ? 'it is stored as Docker’s schema 1, which is no longer used'
    : `it is of the type ${mediaType || 'unknown'}`;
}

function unusable(source: BaseSource, detail: string, cause?: unknown): Error {
  return mlcError('MLC6701', { reference: source.reference, detail }, { cause });
}
