import type { Plan, Platform, StorePort } from '@mlcontainer/plugin-kit';
import type { Lock } from '../lock/types.ts';
import { cachedLayer } from './cache.ts';
import { imageLayers, type ImageLayer } from './image-layers.ts';
import type { LayerResult } from './job.ts';
import { recipeDigest } from './recipe.ts';
import { isSmallLayer } from './own-thread.ts';

/** The layers that an image will have, and those of them that the store holds. */
export interface Recalled {
  readonly layers: ReadonlyMap<Platform, readonly ImageLayer[]>;
  /** By recipe; of those that are not here, nothing. */
  readonly held: ReadonlyMap<string, LayerResult>;
  /** Threads will be needed, most likely: for a layer that is no small one, is not held, and is made at once. */
  readonly isMuchToMake: boolean;
}

/** Asks the store for every layer of a plan, before anything is made; `lazy` as for `buildLayers`. */
export async function recallLayers(
  store: StorePort,
  plan: Plan,
  lock: Lock,
  lazy: boolean,
): Promise<Recalled> {
  const layers = new Map(
    plan.platforms.map((platform) => [platform, imageLayers(plan, lock, platform)]),
  );
  const own = [...layers.values()].flat().filter((layer) => !('base' in layer));
  const recipes = new Map(own.map((layer) => [recipeDigest(layer.recipe), layer]));
  const asked = [...recipes.keys()].map(async (recipe) => {
    return [recipe, await cachedLayer(store, recipe)] as const;
  });
  const found = await Promise.all(asked);
  const held = new Map(
    found.filter((pair): pair is [string, LayerResult] => pair[1] !== undefined),
  );
  const wanted = [...recipes].filter(
    ([recipe]) => !held.has(recipe) && !(lazy && lock.layers[recipe] !== undefined),
  );
  return { layers, held, isMuchToMake: wanted.some(([, layer]) => !isSmallLayer(layer, plan)) };
}
