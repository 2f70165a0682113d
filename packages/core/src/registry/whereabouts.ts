import type { Digest } from '@mlcontainer/oci';
import type { StorePort } from '@mlcontainer/plugin-kit';

const KIND = 'whereabouts';

/** Repositories that are remembered for a blob, and asked for one: a mount that comes to nothing costs a round trip. */
const LIMIT = 3;

/**
 * Other repositories of a registry that most of these blobs were pushed to from here, for mounts. A hint like the
 * blob info cache of containers/image: the registry decides.
 */
export async function repositoriesWith(
  store: StorePort,
  registry: string,
  repository: string,
  digests: readonly Digest[],
): Promise<readonly string[]> {
  const found = await Promise.all(digests.map((digest) => read(store, registry, digest)));
  const counts = new Map<string, number>();
  for (const name of found.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  counts.delete(repository);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return byCount.slice(0, LIMIT).map(([name]) => name);
}

/** Remembers that a repository holds these blobs. */
export async function rememberRepository(
  store: StorePort,
  registry: string,
  repository: string,
  digests: readonly Digest[],
): Promise<void> {
  await Promise.all(
    digests.map(async (digest) => {
      const known = await read(store, registry, digest);
      if (known.includes(repository)) return;
      await store.writeRecord(KIND, key(registry, digest), [repository, ...known].slice(0, LIMIT));
    }),
  );
}

async function read(
  store: StorePort,
  registry: string,
  digest: Digest,
): Promise<readonly string[]> {
  const record = await store.readRecord(KIND, key(registry, digest));
  return Array.isArray(record) ? record.filter((name) => typeof name === 'string') : [];
}

function key(registry: string, digest: Digest): string {
  return `${registry} ${digest}`;
}
