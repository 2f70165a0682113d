import type { Descriptor, Digest } from '@mlcontainer/oci';
import { isMlcError } from '@mlcontainer/plugin-kit';

import type { ContentTarget } from '../content.ts';
import { parseManifest, type ManifestLinks } from '../manifest/parse.ts';
import type { ManifestOptions, Repository } from '../registry.ts';

/** A layout, or a repository: what it can do more is used. */
export type GraphTarget = ContentTarget &
  Partial<Pick<Repository, 'headManifest' | 'ownManifest' | 'putManifest'>>;

/** What each tag names; undefined where it names nothing. */
export type Tagged = ReadonlyMap<string, Descriptor | undefined>;

/**
 * What the tags of a graph name until now: the first question of a push. It needs nothing of the graph, so that it can
 * be asked while that is made; what it fails with would be in the way of all the rest.
 */
export async function askTags(
  target: GraphTarget,
  tags: readonly string[],
  options: ManifestOptions,
): Promise<Tagged> {
  const found = await mapInTurn(tags, (tag) => headOf(target, tag, options));
  return new Map(tags.map((tag, at) => [tag, found[at]]));
}

/** Nothing is known to be there. */
export const NOTHING: Promise<ReadonlySet<Digest>> = Promise.resolve(new Set<Digest>());

/**
 * Config and layers of an image that has one of the tags until now. They are there as it is: one answer instead of a
 * question for each of them. Of a registry that lost some the root will say so, and they are pushed then. Nothing where
 * no tag names an image, or it cannot be read.
 */
export async function askParts(
  target: GraphTarget,
  tagged: Tagged,
  options: ManifestOptions,
): Promise<ReadonlySet<Digest>> {
  const image = [...tagged.values()].find((manifest) => manifest !== undefined);
  if (image === undefined) return NOTHING;
  try {
    const found = await target.ownManifest?.(image.digest, options);
    if (found === undefined) return await NOTHING;
    return new Set(partsOf(parseManifest(found.bytes, target.name, image.digest)));
  } catch (error) {
    options.signal.throwIfAborted();
    if (isMlcError(error)) return NOTHING;
    throw error;
  }
}

/** Layers and config that a manifest names. */
export function partsOf({ config, layers }: ManifestLinks): readonly Digest[] {
  return [...layers, ...(config === undefined ? [] : [config])].map(({ digest }) => digest);
}

/** What a tag or digest names in a target of either kind; undefined for nothing. */
export async function headOf(
  target: GraphTarget,
  reference: string,
  options: ManifestOptions,
): Promise<Descriptor | undefined> {
  if (target.headManifest !== undefined) return target.headManifest(reference, options);
  try {
    return await target.resolve(reference, { signal: options.signal });
  } catch (error) {
    if (isMlcError(error) && error.code === 'MLC6510') return undefined;
    throw error;
  }
}

/** The first alone, so that what is learnt of the registry (a token, a challenge) serves the others. */
export async function mapInTurn<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const first = await Promise.all(items.slice(0, 1).map(map));
  return [...first, ...(await Promise.all(items.slice(1).map(map)))];
}
