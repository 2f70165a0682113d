import { storeInfo, storeLocation, storePrune } from '@mlcontainer/node-ports';
import type { EngineContext } from './context.ts';

/** What the store holds. */
export interface CacheInfo {
  readonly path: string;
  readonly kinds: readonly {
    readonly kind: string;
    readonly count: number;
    /** Bytes. */
    readonly size: number;
  }[];
}

/** What pruning removed. */
export interface CachePruned {
  readonly count: number;
  /** Bytes. */
  readonly size: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Where the store is and what it holds. */
export async function cacheInfo(cx: EngineContext): Promise<CacheInfo> {
  const { root, blobs, records, folders, code } = await storeInfo(storeRoot(cx));
  const kind = (name: string, { count, bytes }: { count: number; bytes: number }) => {
    return { kind: name, count, size: bytes };
  };
  return {
    path: root,
    kinds: [
      kind('blobs', blobs),
      kind('records', records),
      kind('folders', folders),
      kind('code', code),
    ],
  };
}

/** Removes what was not used for so many days; what a running build may be using stays. */
export async function cachePrune(
  cx: EngineContext,
  options: { readonly olderThanDays: number },
): Promise<CachePruned> {
  const maxAge = options.olderThanDays * DAY_MS;
  const { removed, freed } = await storePrune(storeRoot(cx), { maxAge, signal: cx.signal });
  return { count: removed, size: freed };
}

function storeRoot(cx: EngineContext): string {
  return storeLocation(cx.env, cx.cacheDir).root;
}
