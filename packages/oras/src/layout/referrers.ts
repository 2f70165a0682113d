import type { Descriptor } from '@mlcontainer/oci';
import { readManifest, referrerDescriptor, type ManifestNode } from '../copy/manifest.ts';
import type { ContentSource, ReferrersOptions } from '../content.ts';
import { isIndexType, isManifestType } from '../media-types.ts';

/** Indexes within indexes, so deep. */
const MAX_DEPTH = 8;

/** What was read of manifests before, by digest: content does not change. */
export type SeenManifests = Map<string, SeenManifest>;

interface SeenManifest extends Pick<ManifestNode, 'manifests' | 'subject'> {
  readonly listed: Descriptor;
}

/**
 * The manifests below `index.json` whose subject is this one: a layout has no list of referrers, so each manifest is
 * read once. One that is missing is nobody's referrer; one that is damaged throws, as it does when it is read.
 */
export async function scanReferrers(
  source: ContentSource,
  roots: readonly Descriptor[],
  subject: Descriptor,
  options: ReferrersOptions,
  seen: SeenManifests,
): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>();
  const visited = new Set<string>();
  const visit = async (descriptor: Descriptor, depth: number): Promise<void> => {
    const { digest, mediaType } = descriptor;
    if (visited.has(digest) || depth > MAX_DEPTH || !isManifestType(mediaType)) return;
    visited.add(digest);
    const node = await look(source, descriptor, options.signal, seen);
    if (node === undefined) return;
    if (node.subject?.digest === subject.digest) found.set(digest, node.listed);
    if (!isIndexType(mediaType)) return;
    for (const child of node.manifests) await visit(child, depth + 1);
  };
  for (const root of roots) await visit(root, 0);
  const all = [...found.values()];
  const { artifactType } = options;
  return artifactType === undefined
    ? all
    : all.filter((descriptor) => descriptor.artifactType === artifactType);
}

async function look(
  source: ContentSource,
  descriptor: Descriptor,
  signal: AbortSignal,
  seen: SeenManifests,
): Promise<SeenManifest | undefined> {
  const before = seen.get(descriptor.digest);
  if (before !== undefined) return before;
  if (!(await source.has(descriptor, { signal }))) return undefined;
  const node = await readManifest(source, descriptor, signal);
  const { manifests, subject } = node;
  const kept = { manifests, listed: referrerDescriptor(node), ...(subject && { subject }) };
  seen.set(descriptor.digest, kept);
  return kept;
}
