import type { PathStep } from './raw-problem.ts';

/** A plugin, or what stands in its place, and where in the user's list. */
export interface ListedPlugin {
  readonly value: unknown;
  readonly path: readonly PathStep[];
}

/** Nobody nests deeper; it ends a list that holds itself. */
const MAX_DEPTH = 20;

/** Awaits, flattens, and drops what is falsy, so that a config may write `gpu && cuda()`. */
export async function flattenPlugins(
  list: unknown,
  path: readonly PathStep[] = ['plugins'],
): Promise<ListedPlugin[]> {
  const value: unknown = await list;
  if (Array.isArray(value) && path.length <= MAX_DEPTH) {
    const lists = await Promise.all(
      value.map((item, index) => flattenPlugins(item, [...path, index])),
    );
    return lists.flat();
  }
  return value ? [{ value, path }] : [];
}
