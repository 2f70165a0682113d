import type { EngineContext } from '../context.ts';
import type { BuiltPlatform } from '../layers/build-layers.ts';
import { writeLock } from './file.ts';
import { LOCK_FILE, type Lock, type LockedLayer } from './types.ts';

/** The lock with the layers that this build made or reused; recipes that no image uses any more are dropped. */
export async function rememberLayers(
  cx: EngineContext,
  root: string,
  lock: Lock,
  platforms: readonly BuiltPlatform[],
  frozen: boolean,
): Promise<Lock> {
  const built = platforms.flatMap((platform) => platform.layers);
  const layers: Record<string, LockedLayer> = {};
  for (const { recipe, result, layer } of built) {
    // The lock has those among its bases.
    if ('base' in layer) continue;
    const { mediaType, digest, diffId, size } = result;
    layers[recipe] = { mediaType, digest, diffId, size };
  }
  const next: Lock = { ...lock, layers };
  if (frozen) return next;
  if (await writeLock(root, next))
    cx.host.notify({ code: 'output', kind: 'lock', path: LOCK_FILE });
  return next;
}
