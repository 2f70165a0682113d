import type { Digest } from '@mlcontainer/oci';
import type { StorePort } from '@mlcontainer/plugin-kit';

const KIND = 'whereabouts';

/** Repositories of one registry that are remembered, the latest first. */
const REMEMBERED = 8;

/** Repositories that are asked for one blob: a mount that comes to nothing costs a round trip. */
const ASKED = 3;

/** A repository and what was pushed to it last. */
export interface Place {
  readonly repository: string;
  readonly digests: readonly string[];
}

/**
 * Other repositories of a registry that a blob was pushed to from here, for a mount, the latest first; without a digest,
 * those that were pushed to last. A hint like the blob info cache of containers/image: the registry decides, and two
 * builds that write it at once may lose one.
 */
export function repositoriesWith(
  places: readonly Place[],
  repository: string,
  digest?: Digest,
): readonly string[] {
  return places
    .filter((place) => place.repository !== repository)
    .filter(({ digests }) => digest === undefined || digests.includes(digest))
    .slice(0, ASKED)
    .map((place) => place.repository);
}

/** Remembers that a repository holds these blobs; one record a registry, as each that is written waits for the disk. */
export async function rememberRepository(
  store: StorePort,
  registry: string,
  repository: string,
  digests: readonly Digest[],
): Promise<void> {
  const others = (await placesIn(store, registry)).filter(
    (place) => place.repository !== repository,
  );
  const places = [{ repository, digests: [...digests].sort() }, ...others].slice(0, REMEMBERED);
  await store.writeRecord(KIND, registry, places);
}

/** What is remembered of a registry, the latest first. */
export async function placesIn(store: StorePort, registry: string): Promise<readonly Place[]> {
  const record = await store.readRecord(KIND, registry);
  return Array.isArray(record) ? record.filter(isPlace) : [];
}

function isPlace(value: unknown): value is Place {
  const { repository, digests } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof repository === 'string' && Array.isArray(digests);
}
