import type { ContentSource } from '@mlcontainer/oras';
import type { EngineContext } from '../context.ts';
import type { LockedInput } from '../inputs/input.ts';

/** The type of the one artifact that `mlcontainer vendor` makes. */
export const VENDOR_TYPE = 'application/vnd.mlcontainer.vendor.v1';

/** Where the lock stands in it, so that whoever carries it in sees what it is for. */
export const LOCK_TYPE = 'application/vnd.mlcontainer.lock.v1+json';

/** Inputs that were carried in: an OCI layout, an archive of one, or a repository of the internal registry. */
export interface Bundle {
  readonly content: () => Promise<ContentSource>;
}

/**
 * An input out of the vendored bundle, put into the store; undefined where there is no bundle, or not this input in
 * it. A blob's digest is the input's own hash, so that no list has to be trusted.
 */
export async function fromBundle(
  cx: EngineContext,
  { name, sha256, size }: LockedInput,
): Promise<string | undefined> {
  if (cx.bundle === undefined) return undefined;
  const { signal } = cx;
  const content = await cx.bundle.content();
  const descriptor = {
    mediaType: 'application/octet-stream',
    digest: `sha256:${sha256}`,
    size,
  } as const;
  if (!(await content.has(descriptor, { signal }))) return undefined;
  const bytes = content.fetch(descriptor, { signal });
  return (await cx.ports.store.put(bytes, { sha256, size, name })).path;
}
