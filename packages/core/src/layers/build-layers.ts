import type { LibraryRecord } from '@mlcontainer/debian';
import { mlcError, type Plan, type Platform } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { Lock } from '../lock/types.ts';
import { asBuilt, type ForeignLayer } from './base-layer.ts';
import { cachedLayer, rememberLayer } from './cache.ts';
import { imageLayers, type ImageLayer } from './image-layers.ts';
import { isBuildOnly, isEmptyStep } from './step-layers.ts';
import { once } from '../once.ts';
import type { LayerFacts, LayerResult } from './job.ts';
import { makeStep, type HaveBytes } from './make/step.ts';
import { inputsOf, prepareJob, type Inputs } from './prepare.ts';
import { recallLayers, type Recalled } from './recall.ts';
import { recipeDigest } from './recipe.ts';

/** A layer as it goes into an image: what it is, how it came, and the way to its bytes. */
export interface BuiltLayer {
  readonly layer: ImageLayer;
  readonly recipe: string;
  readonly result: LayerFacts;
  /** `made` now, from the `store`, known by the `lock` alone, or of the `base`: the last two need not be here. */
  readonly origin: () => 'made' | 'store' | 'lock' | 'base';
  /** What making it took; 0 where it was not made. */
  readonly ms: () => number;
  /** Makes it where only the lock knew it. */
  readonly make: () => Promise<LayerResult>;
  /** The path of its bytes in the store, made now where they are not there. */
  readonly bytes: () => Promise<string>;
}

/** The layers of one platform's image. */
export interface BuiltPlatform {
  readonly platform: Platform;
  readonly layers: readonly BuiltLayer[];
}

/** How much of an image has to be on disk. */
export interface BuildLayersOptions {
  /** A layer that the lock knows is made when its bytes are asked for, and not at all when nobody asks. After ko's lazy layer. */
  readonly lazy: boolean;
  /** Told of each layer that had to be made, as soon as it is. */
  readonly onMade?: (layer: BuiltLayer) => void;
  /** What was asked of the store already; it is asked now when left out. */
  readonly recalled?: Recalled;
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
  options: BuildLayersOptions = { lazy: false },
): Promise<readonly BuiltPlatform[]> {
  const stop = new AbortController();
  const inner = { ...cx, signal: AbortSignal.any([cx.signal, stop.signal]) };
  const made: MadeLayers = new Map<string, Promise<BuiltLayer>>();
  const inputs = inputsOf(inner, plan, lock, root, made);
  try {
    const recalled =
      options.recalled ?? (await recallLayers(cx.ports.store, plan, lock, options.lazy));
    return await allPlatforms({ cx: inner, lock, inputs, made, ...options, recalled }, plan);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(made.values());
    throw error;
  } finally {
    await inputs.scratch.close();
  }
}

/** Which layers are made already, by recipe. */
export type MadeLayers = Map<string, Promise<BuiltLayer>>;

/** Makes some layers of an image, in whatever order they need; those that a build is making anyway are shared with it. */
export async function haveLayers(
  cx: EngineContext,
  { plan, lock, root, made }: { plan: Plan; lock: Lock; root: string; made?: MadeLayers },
  layers: readonly ImageLayer[],
): Promise<readonly BuiltLayer[]> {
  const stop = new AbortController();
  const inner = { ...cx, signal: AbortSignal.any([cx.signal, stop.signal]) };
  const own: MadeLayers = made ?? new Map<string, Promise<BuiltLayer>>();
  const inputs = inputsOf(inner, plan, lock, root, own);
  const work = { cx: inner, lock, inputs, made: own, lazy: false };
  const libraries: Libraries = async () => {
    const debian = layers.filter((layer) => layer.recipe.kind === 'debian' && !isBuildOnly(layer));
    const results = await Promise.all(
      debian.map(async (layer) => (await haveLayer(work, layer, libraries)).make()),
    );
    return results.flatMap((result) => result.libraries ?? []);
  };
  const building = layers.map((layer) => haveLayer(work, layer, libraries));
  try {
    return await Promise.all(building);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(building);
    throw error;
  } finally {
    await inputs.scratch.close();
  }
}

/** What the layers of one build share. */
interface LayerWork extends BuildLayersOptions {
  readonly cx: EngineContext;
  readonly lock: Lock;
  readonly inputs: Inputs;
  /** By recipe. */
  readonly made: MadeLayers;
}

/** The shared libraries of an image's Debian layers, for the loader's cache. */
type Libraries = () => Promise<readonly LibraryRecord[]>;

function allPlatforms(work: LayerWork, plan: Plan): Promise<readonly BuiltPlatform[]> {
  return Promise.all(
    plan.platforms.map(async (platform): Promise<BuiltPlatform> => {
      const layers = work.recalled?.layers.get(platform) ?? imageLayers(plan, work.lock, platform);
      const libraries: Libraries = async () => {
        const installed = layers.flatMap((layer) =>
          'step' in layer ? (layer.step.libraries ?? []) : [],
        );
        const debian = [...layers.filter(({ recipe }) => recipe.kind === 'debian'), ...installed];
        const results = await Promise.all(
          debian.map(async (layer) => (await haveLayer(work, layer, libraries)).make()),
        );
        return results.flatMap((result) => result.libraries ?? []);
      };
      // Started in the order of cost, so that the largest does not come last on its own.
      for (const layer of [...layers].sort((a, b) => cost(b) - cost(a)))
        void haveLayer(work, layer, libraries);
      const built = await Promise.all(layers.map((layer) => haveLayer(work, layer, libraries)));
      return { platform, layers: built.filter((layer) => !isEmptyStep(layer)) };
    }),
  );
}

function haveLayer(work: LayerWork, layer: ImageLayer, libraries: Libraries): Promise<BuiltLayer> {
  const recipe = recipeDigest(layer.recipe);
  const known = work.made.get(recipe);
  if (known !== undefined) return known;
  const building = buildLayer(work, layer, recipe, libraries);
  // Whoever waits for it sees the failure; it must not count as unhandled before that.
  building.catch(() => undefined);
  work.made.set(recipe, building);
  return building;
}

async function buildLayer(
  work: LayerWork,
  layer: ImageLayer,
  recipe: string,
  libraries: Libraries,
): Promise<BuiltLayer> {
  const { cx, lock, lazy, recalled } = work;
  if ('base' in layer) return asBuilt(cx, work.inputs.plan, layer, recipe);
  const cached = recalled?.held.get(recipe) ?? (await cachedLayer(cx.ports.store, recipe));
  const locked = lazy && cached === undefined ? lock.layers[recipe] : undefined;
  const state: { origin: 'made' | 'store' | 'lock'; ms: number; remembered?: Promise<void> } = {
    origin: cached !== undefined ? 'store' : locked !== undefined ? 'lock' : 'made',
    ms: 0,
  };
  const made = once(async () => {
    if (cached !== undefined) return cached;
    const { result, ms, remembered } = await makeLayer(work, layer, recipe, libraries);
    Object.assign(state, { origin: 'made', ms, remembered });
    checkAgainstLock(lock, recipe, layer.title, result);
    tell(cx, layer, recipe, result, { ms, reused: false });
    return result;
  });
  const make = async (): Promise<LayerResult> => {
    const result = await made();
    await state.remembered;
    return result;
  };
  const result = locked ?? (await made());
  if (state.origin !== 'made') {
    checkAgainstLock(lock, recipe, layer.title, result);
    tell(cx, layer, recipe, result, { ms: 0, reused: true });
  }
  const { origin } = state;
  const built: BuiltLayer = {
    ...{ layer, recipe, result, make, origin: () => state.origin, ms: () => state.ms },
    bytes: async () => heldPath(cx, (await made()).digest),
  };
  if (origin === 'made' && !isBuildOnly(layer)) work.onMade?.(built);
  // Outputs have begun with it while it is written down.
  await state.remembered;
  return built;
}

async function heldPath(cx: EngineContext, digest: string): Promise<string> {
  const held = await cx.ports.store.path(digest.slice('sha256:'.length));
  if (held === undefined) throw new Error(`the store lost ${digest} while the build ran`);
  return held;
}

function tell(
  cx: EngineContext,
  { slot, title }: ImageLayer,
  recipe: string,
  { digest, size }: LayerFacts,
  how: { readonly ms: number; readonly reused: boolean },
): void {
  cx.host.notify({ code: 'layer-done', id: recipe, slot, title, digest, size, ...how });
}

interface Made {
  readonly result: LayerResult;
  readonly ms: number;
  /** The store knows it by its recipe. */
  readonly remembered: Promise<void>;
}

async function makeLayer(
  work: LayerWork,
  layer: Exclude<ImageLayer, ForeignLayer>,
  recipe: string,
  libraries: Libraries,
): Promise<Made> {
  const { cx, inputs } = work;
  const { slot, title } = layer;
  if (cost(layer) > 0) cx.layerRunner.prepare?.();
  let start = cx.ports.clock.monotonic();
  const onStart = (): void => {
    start = cx.ports.clock.monotonic();
    cx.host.notify({ code: 'layer-start', id: recipe, slot, title });
  };
  const result =
    'step' in layer
      ? await makeStep(cx, layer, inputs, haveBytes(work, libraries), onStart)
      : await cx.layerRunner.run(
          { ...(await prepareJob(cx, layer, inputs, libraries)), known: work.lock.layers[recipe] },
          { signal: cx.signal, onStart },
        );
  const remembered = rememberLayer(cx.ports.store, recipe, result);
  // Whoever waits for it sees the failure.
  remembered.catch(() => undefined);
  return { result, ms: cx.ports.clock.monotonic() - start, remembered };
}

/** Layers below a step. */
function haveBytes(work: LayerWork, libraries: Libraries): HaveBytes {
  return async (layer) => {
    const built = await haveLayer(work, layer, libraries);
    return { result: built.result, path: await built.bytes() };
  };
}

/** The same recipe must give the bytes that the lock has on record. */
function checkAgainstLock(lock: Lock, recipe: string, layer: string, result: LayerFacts): void {
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
