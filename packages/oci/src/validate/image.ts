import { mlcError } from '@mlcontainer/plugin-kit';
import { MEDIA_TYPES, type Descriptor } from '../descriptor.ts';
import {
  parseObject,
  toConfig,
  toManifest,
  type ConfigJson,
  type HistoryJson,
  type ManifestJson,
} from '../read/json.ts';
import type { ImageFacts, ImageLayerFacts } from './report.ts';
import { readDocument, readLayer, readOther, type Walk } from './walk.ts';

const CONFIG_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.config,
  'application/vnd.docker.container.image.v1+json',
]);

/** Checks a manifest, its configuration and its layers, and that they agree. */
export async function checkImage(
  walk: Walk,
  descriptor: Descriptor,
  name: string | undefined,
): Promise<void> {
  const manifest = await readDocument(walk, descriptor, (bytes) => toManifest(parseObject(bytes)));
  if (manifest === undefined) return;
  if (!CONFIG_TYPES.has(manifest.config.mediaType)) {
    // An artifact is no image; its blobs are still checked.
    for (const blob of [manifest.config, ...manifest.layers]) await readOther(walk, blob);
    return;
  }
  const config = await readDocument(walk, manifest.config, (bytes) => toConfig(parseObject(bytes)));
  if (config !== undefined) checkAgreement(walk, descriptor, manifest, config);
  checkTwice(walk, manifest);
  const layers = await checkLayers(walk, manifest, config);
  if (config !== undefined) walk.images.push(factsOf(descriptor, name, manifest, config, layers));
}

async function checkLayers(walk: Walk, manifest: ManifestJson, config: ConfigJson | undefined) {
  const history = historyOfLayers(config);
  const layers: ImageLayerFacts[] = [];
  for (const [at, layer] of manifest.layers.entries()) {
    const facts = await readLayer(walk, layer);
    if (facts === undefined) continue;
    const expected = config?.rootfs.diff_ids[at];
    if (expected !== undefined && expected !== facts.diffId) {
      walk.findings.add(
        mlcError('MLC6053', { digest: layer.digest, expected, actual: facts.diffId }),
        layer.digest,
      );
    }
    layers.push({ ...facts, ...wordsOf(history[at]) });
  }
  return layers;
}

function historyOfLayers(config: ConfigJson | undefined): readonly HistoryJson[] {
  return (config?.history ?? []).filter((item) => item.empty_layer !== true);
}

function wordsOf(item: HistoryJson | undefined): { createdBy?: string; comment?: string } {
  return {
    ...(item?.created_by !== undefined && { createdBy: item.created_by }),
    ...(item?.comment !== undefined && { comment: item.comment }),
  };
}

function checkAgreement(
  walk: Walk,
  descriptor: Descriptor,
  manifest: ManifestJson,
  config: ConfigJson,
): void {
  const { digest, platform } = descriptor;
  const layers = manifest.layers.length;
  const disagree = (detail: string): void =>
    walk.findings.add(mlcError('MLC6054', { digest, detail }), digest);
  const diffIds = config.rootfs.diff_ids.length;
  if (diffIds !== layers) disagree(`${layers} layers, but ${diffIds} diffIDs`);
  const history = historyOfLayers(config).length;
  if (config.history !== undefined && history !== layers)
    disagree(`${layers} layers, but history of ${history}`);
  if (platform === undefined) return;
  if (platform.os !== config.os || platform.architecture !== config.architecture) {
    disagree(
      `the index says ${platform.os}/${platform.architecture}, it is for ${config.os}/${config.architecture}`,
    );
  }
}

function checkTwice(walk: Walk, manifest: ManifestJson): void {
  const first = new Map<string, number>();
  for (const [second, { digest }] of manifest.layers.entries()) {
    const before = first.get(digest);
    if (before === undefined) first.set(digest, second);
    else walk.findings.add(mlcError('MLC6030', { digest, first: before, second }), digest);
  }
}

function factsOf(
  descriptor: Descriptor,
  name: string | undefined,
  manifest: ManifestJson,
  config: ConfigJson,
  layers: readonly ImageLayerFacts[],
): ImageFacts {
  const { os, architecture, variant } = config;
  return {
    digest: descriptor.digest,
    ...(name !== undefined && { name }),
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
    config,
    annotations: manifest.annotations ?? {},
    layers,
    compressedSize: layers.reduce((total, { size }) => total + size, 0),
    uncompressedSize: layers.reduce((total, { uncompressedSize }) => total + uncompressedSize, 0),
  };
}
