import {
  assembleImage,
  assembleIndex,
  type AssembledImage,
  type AssembledIndex,
  type Descriptor,
  type HistoryJson,
  type ImageSpec,
} from '@mlcontainer/oci';
import type { Architecture, PinnedBase, Plan } from '@mlcontainer/plugin-kit';
import { pinnedBase } from '../layers/base-layer.ts';
import type { BuiltLayer, BuiltPlatform } from '../layers/build-layers.ts';

/** One platform's image: its manifest and configuration, over layers that lie in the store. */
export interface BuiltImage extends BuiltPlatform {
  readonly assembled: AssembledImage;
}

/** What a build is known by: the manifest of a single platform, or the index over several. */
export interface ImageSet {
  readonly images: readonly BuiltImage[];
  readonly root: Descriptor;
  /** The index, where there are several. */
  readonly index?: AssembledIndex;
}

/** The history of a base image, for each platform of the plan. */
export type BaseHistories = ReadonlyMap<Architecture, readonly HistoryJson[]>;

/** The stage `image`: layers and the plan's configuration joined, without a clock in it. */
export function makeImages(
  plan: Plan,
  platforms: readonly BuiltPlatform[],
  histories: BaseHistories = new Map(),
): ImageSet {
  const images = platforms.map((built) => ({
    ...built,
    assembled: makeImage(plan, built, histories),
  }));
  const [only] = images;
  if (images.length === 1) return { images, root: only!.assembled.descriptor };
  const index = assembleIndex(images.map((image) => image.assembled));
  return { images, root: index.descriptor, index };
}

function makeImage(
  plan: Plan,
  { platform, layers }: BuiltPlatform,
  histories: BaseHistories,
): AssembledImage {
  const { user, workingDir, entrypoint, env, labels, port } = plan.config;
  const base = pinnedBase(plan, platform);
  const spec: ImageSpec = {
    platform,
    config: {
      user,
      workingDir,
      entrypoint,
      env,
      labels,
      exposedPorts: [`${port}/tcp`],
      stopSignal: 'SIGTERM',
    },
    layers: layers.filter((layer) => isInImage(plan, layer)).map(layerSpec),
    ...(base !== undefined && {
      base: { layers: base.layers.length, history: histories.get(platform.architecture) ?? [] },
    }),
    annotations: { 'org.opencontainers.image.title': plan.name, ...baseNotes(plan, base) },
  };
  return assembleImage(spec, { maxLayers: plan.options.maxLayers });
}

/** A model that is an artifact instead of a layer is made and pushed, and stays out of the image. */
function isInImage({ model }: Plan, { layer }: BuiltLayer): boolean {
  return model.artifact !== 'instead' || layer.recipe.kind !== 'model';
}

/** What the image is built on, for tools that look for a newer base (image-spec, annotations.md). */
function baseNotes({ base }: Plan, pinned: PinnedBase | undefined): Record<string, string> {
  if (base.kind !== 'image' || pinned === undefined) return {};
  return {
    'org.opencontainers.image.base.digest': pinned.manifest.digest,
    'org.opencontainers.image.base.name': base.reference,
  };
}

function layerSpec({ layer, result }: BuiltLayer) {
  const { mediaType, digest, size, diffId } = result;
  return {
    descriptor: { mediaType, digest, size },
    diffId,
    history: { createdBy: `mlcontainer: ${layer.title}`, comment: `slot ${layer.slot}` },
  };
}
