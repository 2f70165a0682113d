import type { Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { ContentSource, ContentTarget } from '../content.ts';
import { isManifestType } from '../media-types.ts';
import {
  pushArtifact,
  type ArtifactSpec,
  type PushArtifactOptions,
  type PushedArtifact,
} from './push.ts';

/**
 * Pushes files as an artifact that belongs to a manifest which is there already (distribution-spec, "Pushing Manifests
 * with Subject"). It has no tag: it is found from its subject. Throws MLC6510 where the subject is missing, and what
 * pushArtifact throws.
 */
export async function attach(
  target: ContentTarget,
  reference: string,
  spec: Omit<ArtifactSpec, 'subject'>,
  options: Omit<PushArtifactOptions, 'tag'>,
): Promise<PushedArtifact & { readonly subject: Descriptor }> {
  const subject = await target.resolve(reference, options);
  const pushed = await pushArtifact(target, { ...spec, subject }, options);
  return { ...pushed, subject };
}

/** A manifest with what is attached to it. */
export interface Discovered {
  readonly descriptor: Descriptor;
  /** In the order of their digests, so that the same repository gives the same tree. */
  readonly referrers: readonly Discovered[];
}

/** How attachments are looked for. */
export interface DiscoverOptions {
  readonly signal: AbortSignal;
  /** Of the first level: only artifacts of this type, with whatever is attached to them. */
  readonly artifactType?: string;
}

/** Attachments of attachments, so deep. */
const MAX_DEPTH = 16;

/** Everything attached to a manifest, and to that again (distribution-spec, "Listing Referrers"). */
export async function discover(
  source: ContentSource,
  reference: string,
  options: DiscoverOptions,
): Promise<Discovered> {
  const { signal, artifactType } = options;
  const descriptor = await source.resolve(reference, { signal });
  const { name } = source;
  if (!isManifestType(descriptor.mediaType)) {
    const { digest, mediaType } = descriptor;
    throw mlcError('MLC6512', { name, digest, detail: `${mediaType} is no manifest` });
  }
  const filter = artifactType === undefined ? {} : { artifactType };
  const first = await source.referrers(descriptor, { signal, ...filter });
  const referrers = await below(source, first, signal, 1);
  return { descriptor, referrers };
}

async function below(
  source: ContentSource,
  found: readonly Descriptor[],
  signal: AbortSignal,
  depth: number,
): Promise<readonly Discovered[]> {
  if (depth > MAX_DEPTH) return [];
  const tree: Discovered[] = [];
  for (const descriptor of [...found].sort((a, b) => (a.digest < b.digest ? -1 : 1))) {
    const next = await source.referrers(descriptor, { signal });
    tree.push({ descriptor, referrers: await below(source, next, signal, depth + 1) });
  }
  return tree;
}
