import { mlcError, type Plan, type Platform } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { Lock } from '../lock/types.ts';
import { cachedLayer, rememberLayer } from './cache.ts';
import { imageLayers, type ImageLayer } from './image-layers.ts';
import type { LayerResult } from './job.ts';
import { inputsOf, prepareJob, type Inputs } from './prepare.ts';
import { recipeDigest } from './recipe.ts';

/** A layer that is there, with what it is and how it came. */
export interface BuiltLayer {
  readonly layer: ImageLayer;
  readonly recipe: string;
  readonly result: LayerResult;
  readonly reused: boolean;
  readonly ms: number;
}

/** The layers of one platform's image. */
export interface BuiltPlatform {
  readonly platform: Platform;
  readonly layers: readonly BuiltLayer[];
}

/**
 * Makes every layer that the store does not hold; a layer that several platforms share is made once. The first
 * failure stops the others, and they have ended when it is thrown: nothing goes on behind the caller's back.
 */
export async function buildLayers(
  cx: EngineContext,
  plan: Plan,
  lock: Lock,
  root: string,
): Promise<readonly BuiltPlatform[]> {
  const stop = new AbortController();
  const inner = { ...cx, signal: AbortSignal.any([cx.signal, stop.signal]) };
  const made = new Map<string, Promise<BuiltLayer>>();
  try {
    return await allPlatforms(
      { cx: inner, lock, inputs: inputsOf(inner, plan, lock, root), made },
      plan,
    );
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(made.values());
    throw error;
  }
}

/** What the layers of one build share. */
interface LayerWork {
  readonly cx: EngineContext;
  readonly lock: Lock;
  readonly inputs: Inputs;
  /** By recipe. */
  readonly made: Map<string, Promise<BuiltLayer>>;
}

function allPlatforms(work: LayerWork, plan: Plan): Promise<readonly BuiltPlatform[]> {
  return Promise.all(
    plan.platforms.map(async (platform): Promise<BuiltPlatform> => {
      const layers = imageLayers(plan, work.lock, platform);
      const debian = (): Promise<readonly BuiltLayer[]> =>
        Promise.all(
          layers
            .filter((layer) => layer.recipe.kind === 'debian')
            .map((layer) => haveLayer(work, layer, debian)),
        );
      // Started in the order of cost, so that the largest does not come last on its own.
      for (const layer of [...layers].sort((a, b) => cost(b) - cost(a)))
        void haveLayer(work, layer, debian);
      return {
        platform,
        layers: await Promise.all(layers.map((layer) => haveLayer(work, layer, debian))),
      };
    }),
  );
}

function haveLayer(
  work: LayerWork,
  layer: ImageLayer,
  debian: () => Promise<readonly BuiltLayer[]>,
): Promise<BuiltLayer> {
  const recipe = recipeDigest(layer.recipe);
  const known = work.made.get(recipe);
  if (known !== undefined) return known;
  const building = buildLayer(work, layer, recipe, debian);
  // Whoever waits for it sees the failure; it must not count as unhandled before that.
  building.catch(() => undefined);
  work.made.set(recipe, building);
  return building;
}

async function buildLayer(
  work: LayerWork,
  layer: ImageLayer,
  recipe: string,
  debian: () => Promise<readonly BuiltLayer[]>,
): Promise<BuiltLayer> {
  const { cx, lock } = work;
  const { title, slot } = layer;
  const timer = { start: cx.ports.clock.monotonic() };
  const cached = await cachedLayer(cx.ports.store, recipe);
  const onStart = (): void => {
    timer.start = cx.ports.clock.monotonic();
    cx.host.notify({ code: 'layer-start', id: recipe, slot, title });
  };
  const result = cached ?? (await makeLayer(work, layer, recipe, debian, onStart));
  checkAgainstLock(lock, recipe, title, result);
  const ms = cx.ports.clock.monotonic() - timer.start;
  const { digest, size } = result;
  const reused = cached !== undefined;
  cx.host.notify({ code: 'layer-done', id: recipe, slot, title, digest, size, ms, reused });
  return { layer, recipe, result, reused, ms };
}

async function makeLayer(
  { cx, inputs }: LayerWork,
  layer: ImageLayer,
  recipe: string,
  debian: () => Promise<readonly BuiltLayer[]>,
  onStart: () => void,
): Promise<LayerResult> {
  const libraries = async () => (await debian()).flatMap(({ result }) => result.libraries ?? []);
  const job = await prepareJob(cx, layer, inputs, libraries);
  const result = await cx.layerRunner.run(job, { signal: cx.signal, onStart });
  await rememberLayer(cx.ports.store, recipe, result);
  return result;
}

/** The same recipe must give the bytes that the lock has on record. */
function checkAgainstLock(lock: Lock, recipe: string, layer: string, result: LayerResult): void {
  const expected = lock.layers[recipe]?.digest;
  if (expected !== undefined && expected !== result.digest) {
    throw mlcError('MLC2301', { layer, expected, actual: result.digest });
  }
}

/** A guess good enough to order work: bytes that go in. */
function cost(layer: ImageLayer): number {
  if ('wheels' in layer) return sum(layer.wheels.map((wheel) => wheel.size));
  if ('debs' in layer) return sum(layer.debs.map((deb) => deb.size)) * 2;
  return 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
