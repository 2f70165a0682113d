import { MEDIA_TYPES } from '@mlcontainer/oci';
import { MODEL_PACK_TYPES, pushModelPack, type Repository } from '@mlcontainer/oras';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { ImageSet } from '../image/make.ts';
import type { BuiltLayer } from '../layers/build-layers.ts';
import { blobBytes } from './blob-bytes.ts';

/** The model as it was pushed beside or instead of its layer. */
export interface PushedModel {
  /** `registry/repository@sha256:…` */
  readonly reference: string;
  readonly tags: readonly string[];
  /** Bytes of bodies sent. */
  readonly sent: number;
}

/**
 * Pushes the model as an artifact of its own (CNCF ModelPack), where the config asks for it. Its weights are the very
 * layer that the image has or would have, so a registry holds it once, and a cluster mounts it where the server looks.
 * Its tags are the image's with `-model` behind them.
 */
export async function pushModelArtifact(
  cx: EngineContext,
  plan: Plan,
  to: Repository,
  { images, root }: ImageSet,
  tags: readonly string[],
): Promise<PushedModel | undefined> {
  const { artifact, facts, path } = plan.model;
  const layer = images[0]?.layers.find((built) => built.layer.recipe.kind === 'model');
  if (artifact === undefined || layer === undefined) return undefined;
  const { mediaType, digest, size, diffId } = layer.result;
  const weights = {
    mediaType: WEIGHTS[mediaType] ?? MODEL_PACK_TYPES.weightTar,
    digest,
    size,
    diffId,
  };
  const spec = {
    ...{ facts, name: plan.name, weights, filePath: path.slice(1) },
    // Whoever looks at the image finds its model; an artifact that stands in for a layer comes before the image.
    ...(artifact === 'beside' ? { subject: root } : {}),
  };
  const named = tags.map((tag) => `${tag}-model`);
  const [tag, ...others] = named;
  const { signal } = cx;
  const options = { signal, ...(tag === undefined ? {} : { tag }) };
  const pushed = await pushModelPack(to, spec, () => bytesOf(layer), options);
  for (const other of others) await to.tag(pushed.descriptor, other, { signal });
  const reference = `${to.name}@${pushed.descriptor.digest}`;
  cx.host.notify({
    code: 'output',
    kind: 'registry',
    path: reference,
    digest: pushed.descriptor.digest,
  });
  return { reference, tags: named, sent: pushed.sent };
}

const WEIGHTS: Readonly<
  Record<string, (typeof MODEL_PACK_TYPES)['weightTar' | 'weightTarGzip' | 'weightTarZstd']>
> = {
  [MEDIA_TYPES.layer]: MODEL_PACK_TYPES.weightTar,
  [MEDIA_TYPES.layerGzip]: MODEL_PACK_TYPES.weightTarGzip,
  [MEDIA_TYPES.layerZstd]: MODEL_PACK_TYPES.weightTarZstd,
};

async function* bytesOf(layer: BuiltLayer): AsyncGenerator<Uint8Array> {
  yield* blobBytes({ path: await layer.bytes() });
}
