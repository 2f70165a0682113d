import {
  runSteps,
  type Diff,
  type LowerLayer,
  type StepRequest,
} from '@mlcontainer/buildah-wrapper';
import type { Platform } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../../context.ts';
import { fetchDebs } from '../../inputs/debian.ts';
import { requireWay } from '../../steps/require.ts';
import { scriptsStep } from '../../steps/scripts.ts';
import type { ImageLayer } from '../image-layers.ts';
import type { LayerFacts, LayerResult } from '../job.ts';
import type { Inputs } from '../prepare.ts';
import { layerIntoStore } from '../write.ts';

/** A layer that commands make. */
export type StepLayer = Extract<ImageLayer, { step: unknown }>;

/** A layer below, made where it has to be, and the path of its bytes. */
export type HaveBytes = (
  layer: ImageLayer,
) => Promise<{ readonly result: LayerFacts; readonly path: string }>;

/**
 * Runs a step over the layers below it, and puts what it changed into the store as a layer. It runs here and not in a
 * worker thread: buildah does the work, and its mounts have to be gone before this process is.
 */
export async function makeStep(
  cx: EngineContext,
  layer: StepLayer,
  inputs: Inputs,
  have: HaveBytes,
  onStart: () => void,
): Promise<LayerResult> {
  const { recipe, step } = layer;
  const way = await requireWay(cx, step.id);
  const lower = await lowerLayers(layer, have);
  const request = await requestOf(cx, layer, inputs, lower);
  onStart();
  const { ports, env, signal } = cx;
  return runSteps(request, { ports, env, signal, way }, async (diff) => {
    warn(cx, step.id, diff);
    return layerIntoStore(diff.entries, recipe.compression, ports.store, signal, {
      allowWhiteouts: true,
    });
  });
}

async function lowerLayers({ step }: StepLayer, have: HaveBytes): Promise<readonly LowerLayer[]> {
  const lower = async (layer: ImageLayer, buildOnly: boolean): Promise<LowerLayer> => {
    const { result, path } = await have(layer);
    const { mediaType, digest, diffId, size } = result;
    return { path, mediaType, digest, diffId, size, buildOnly };
  };
  const image = step.below.map((layer) => lower(layer, false));
  const tools = step.tools === undefined ? [] : [lower(step.tools, true)];
  return Promise.all([...image, ...tools]);
}

async function requestOf(
  cx: EngineContext,
  { recipe, step }: StepLayer,
  inputs: Inputs,
  layers: readonly LowerLayer[],
): Promise<StepRequest> {
  const { architecture, commands, network, env } = recipe;
  const platform: Platform = { os: 'linux', architecture };
  const request = { name: step.id, layers, platform, commands, network, env };
  if (step.installs.length === 0 || step.debian === undefined) return request;
  const debs = await fetchDebs(cx, step.debian, step.installs, await inputs.mirrors());
  const { env: more, ...scripts } = scriptsStep(debs);
  return { ...request, ...scripts, env: { ...env, ...more }, setid: 'drop' };
}

/** What a layer cannot hold must not go unsaid. */
function warn(cx: EngineContext, id: string, { dropped }: Diff): void {
  for (const { path, what } of dropped) {
    const message = `${id}: ${path} loses ${what}; layers carry no rights beyond the owner's.`;
    cx.host.notify({ code: 'warning', message });
  }
}
