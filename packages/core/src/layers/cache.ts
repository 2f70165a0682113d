import type { StorePort } from '@mlcontainer/plugin-kit';
import type { LayerResult } from './job.ts';

const KIND = 'layer';

/** A layer made before from this recipe, if both its record and its bytes are in the store. */
export async function cachedLayer(
  store: StorePort,
  recipe: string,
): Promise<LayerResult | undefined> {
  const record = await store.readRecord(KIND, recipe);
  if (!isLayerResult(record)) return undefined;
  const path = await store.path(record.digest.slice('sha256:'.length));
  return path === undefined ? undefined : record;
}

export function rememberLayer(store: StorePort, recipe: string, layer: LayerResult): Promise<void> {
  return store.writeRecord(KIND, recipe, layer);
}

function isLayerResult(value: unknown): value is LayerResult {
  if (typeof value !== 'object' || value === null) return false;
  const { digest, diffId, size, mediaType } = value as Record<string, unknown>;
  return (
    [digest, diffId, mediaType].every((field) => typeof field === 'string') &&
    typeof size === 'number'
  );
}
