import {
  assembleImage,
  assembleIndex,
  type AssembledImage,
  type AssembledIndex,
  type Descriptor,
} from '@mlcontainer/oci';
import type { Plan } from '@mlcontainer/plugin-kit';
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

/** The stage `image`: layers and the plan's configuration joined, without a clock in it. */
export function makeImages(plan: Plan, platforms: readonly BuiltPlatform[]): ImageSet {
  const images = platforms.map((built) => ({ ...built, assembled: makeImage(plan, built) }));
  const [only] = images;
  if (images.length === 1) return { images, root: only!.assembled.descriptor };
  const index = assembleIndex(images.map((image) => image.assembled));
  return { images, root: index.descriptor, index };
}

function makeImage(plan: Plan, { platform, layers }: BuiltPlatform): AssembledImage {
  const { user, workingDir, entrypoint, env, labels, port } = plan.config;
  return assembleImage({
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
    layers: layers.map(layerSpec),
    annotations: { 'org.opencontainers.image.title': plan.name },
  });
}

function layerSpec({ layer, result }: BuiltLayer) {
  const { mediaType, digest, size, diffId } = result;
  return {
    descriptor: { mediaType, digest, size },
    diffId,
    history: { createdBy: `mlcontainer: ${layer.title}`, comment: `slot ${layer.slot}` },
  };
}
