import { mlcError } from '@mlcontainer/plugin-kit';
import { MEDIA_TYPES } from '../descriptor.ts';
import type { HistoryJson } from '../read/json.ts';
import { jsonBlob, orderedDescriptor, sorted } from './json.ts';
import type { AssembledImage, AssembledIndex, ImageLayer, ImageSpec, RunConfig } from './spec.ts';

/** Limits on an image that is assembled. */
export interface AssembleOptions {
  /** Layers at most; 40 when left out. */
  readonly maxLayers?: number;
}

const EPOCH = '1970-01-01T00:00:00Z';
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LAYER_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.layer,
  MEDIA_TYPES.layerGzip,
  MEDIA_TYPES.layerZstd,
]);

/**
 * Manifest and configuration of an image, as canonical JSON (image-spec manifest.md, config.md): the same
 * specification gives the same bytes. Pure. Throws MLC6030 (a layer twice), MLC6031 (too many), MLC6032.
 */
export function assembleImage(spec: ImageSpec, options: AssembleOptions = {}): AssembledImage {
  checkLayers(spec, options.maxLayers ?? 40);
  checkConfig(spec.config);
  const config = jsonBlob(MEDIA_TYPES.config, configFile(spec));
  const layers = spec.layers.map((layer) => orderedDescriptor(layer.descriptor));
  const manifest = jsonBlob(MEDIA_TYPES.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: config.descriptor,
    layers,
    annotations: sorted(spec.annotations),
  });
  const descriptor = orderedDescriptor({ ...manifest.descriptor, platform: spec.platform });
  return { manifest, config, descriptor, layers };
}

/** An image index over images of different platforms (image-spec image-index.md). Throws MLC6032. */
export function assembleIndex(
  images: readonly AssembledImage[],
  annotations?: Readonly<Record<string, string>>,
): AssembledIndex {
  const platforms = images.map(({ descriptor }) => JSON.stringify(descriptor.platform));
  if (images.length === 0) throw inconsistent('an index without images');
  if (new Set(platforms).size < images.length)
    throw inconsistent('two images of one platform in an index');
  const index = jsonBlob(MEDIA_TYPES.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: images.map((image) => image.descriptor),
    annotations: sorted(annotations),
  });
  return { index, descriptor: index.descriptor, images };
}

/** The members in the order of the specification's Go types, which is what other builders write. */
function configFile(spec: ImageSpec): object {
  const created = spec.created ?? EPOCH;
  const { architecture, os, variant } = spec.platform;
  return {
    created,
    architecture,
    variant,
    os,
    config: runConfig(spec.config),
    rootfs: { type: 'layers', diff_ids: spec.layers.map((layer) => layer.diffId) },
    history: [
      ...baseHistory(spec),
      ...spec.layers.slice(spec.base?.layers ?? 0).map(({ history }) => ({
        created,
        created_by: history.createdBy,
        comment: history.comment,
      })),
    ],
  };
}

/** Of a base whose history does not tell its layers one by one, as some builders leave it, ours does. */
function baseHistory({ base, layers, created = EPOCH }: ImageSpec): readonly HistoryJson[] {
  if (base === undefined) return [];
  const told = base.history.filter((item) => item.empty_layer !== true).length;
  if (told === base.layers) return base.history;
  return layers
    .slice(0, base.layers)
    .map(({ history }) => ({ created, created_by: history.createdBy }));
}

function runConfig(config: RunConfig): object {
  const { exposedPorts = [] } = config;
  return {
    User: config.user,
    ExposedPorts: sorted(Object.fromEntries(exposedPorts.map((port) => [port, {}]))),
    Env: Object.entries(sorted(config.env) ?? {}).map(([name, value]) => `${name}=${value}`),
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    WorkingDir: config.workingDir,
    Labels: sorted(config.labels),
    StopSignal: config.stopSignal,
  };
}

function checkLayers({ layers, base }: ImageSpec, limit: number): void {
  const own = base?.layers ?? 0;
  if (layers.length === 0) throw inconsistent('it has no layers');
  if (layers.length > limit) throw mlcError('MLC6031', { layers: layers.length, limit });
  const digests = new Map<string, number>();
  for (const [position, { descriptor, diffId }] of layers.entries()) {
    checkLayer(descriptor, diffId, position);
    for (const digest of new Set([descriptor.digest, diffId])) {
      const first = digests.get(digest);
      // A base may well have two empty layers, and they are not ours to take out.
      if (first !== undefined && position >= own)
        throw mlcError('MLC6030', { digest, first, second: position });
      digests.set(digest, position);
    }
  }
}

function checkLayer(descriptor: ImageLayer['descriptor'], diffId: string, position: number): void {
  const { mediaType, digest, size } = descriptor;
  const sound =
    DIGEST.test(digest) && DIGEST.test(diffId) && Number.isSafeInteger(size) && size > 0;
  if (!sound) throw inconsistent(`layer ${position} has no sound digest, diffID or size`);
  if (!LAYER_TYPES.has(mediaType))
    throw inconsistent(`layer ${position} has the media type ${mediaType}`);
}

function checkConfig(config: RunConfig): void {
  if (config.entrypoint.length === 0) throw inconsistent('the entrypoint is empty');
  if (!config.workingDir.startsWith('/'))
    throw inconsistent(`the working directory ${config.workingDir} is not absolute`);
  for (const [name, value] of Object.entries(config.env)) {
    const sound = /^[^=\0]+$/.test(name) && !value.includes('\0');
    if (!sound)
      throw inconsistent(
        `the environment variable ${JSON.stringify(name)} is no name with a value`,
      );
  }
  for (const port of config.exposedPorts ?? []) {
    if (!/^\d{1,5}(\/(tcp|udp|sctp))?$/.test(port)) throw inconsistent(`${port} is no port`);
  }
}

function inconsistent(detail: string): Error {
  return mlcError('MLC6032', { detail });
}
