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
  /** Threads may be needed: for a layer that is no small one, and is not held. */
  readonly isMuchToMake: boolean;
}

/** Asks the store for every layer of a plan, before anything is made. */
export async function recallLayers(store: StorePort, plan: Plan, lock: Lock): Promise<Recalled> {
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
  const missing = [...recipes].filter(([recipe]) => !held.has(recipe));
  return { layers, held, isMuchToMake: missing.some(([, layer]) => !isSmallLayer(layer, plan)) };
}
