import type { Descriptor } from '@mlcontainer/oci';
import { isMlcError } from '@mlcontainer/plugin-kit';
import type { ContentSource, ContentTarget, PushOutcome } from '../content.ts';
import { isLeftOut } from './foreign.ts';
import { createLimiter, type Limiter } from '../limiter.ts';
import { isManifestType } from '../media-types.ts';
import { streamOf } from './collect.ts';
import { createCrew, type Crew } from './crew.ts';
import { readManifest, type ManifestNode } from './manifest.ts';
import { selectPlatforms } from './platforms.ts';

/** How a graph is copied. */
export interface CopyOptions {
  readonly signal: AbortSignal;
  /** Names the copy; without it the copy is found by its digest alone. */
  readonly tag?: string;
  /** Also everything that is attached to what is copied, and to that again. */
  readonly referrers?: boolean;
  /** Of an index only these images, as `os/architecture[/variant]`; the index that comes out has another digest. */
  readonly platforms?: readonly string[];
  /** Transfers at once; 4 when left out. */
  readonly concurrency?: number;
  /** Repositories of the target's registry that may hold the blobs already. */
  readonly mountFrom?: readonly string[];
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** Told while a blob or manifest is sent and once when it is there. Bytes. */
export interface CopyProgress {
  readonly descriptor: Descriptor;
  readonly sent: number;
  /** With the last report on a descriptor. */
  readonly how?: CopiedNode['how'];
}

/** What became of one node of the graph. */
export interface CopiedNode {
  readonly descriptor: Descriptor;
  /** `left-out`: a layer that its owner alone may distribute. What is below a manifest that is present is not listed. */
  readonly how: PushOutcome['how'] | 'left-out';
  /** Bytes of bodies sent. */
  readonly sent: number;
}

/** What a copy came to. */
export interface CopyResult {
  readonly root: Descriptor;
  readonly nodes: readonly CopiedNode[];
  /** Bytes of bodies sent, all nodes together. */
  readonly sent: number;
}

interface Run {
  readonly source: ContentSource;
  readonly target: ContentTarget;
  readonly options: CopyOptions;
  readonly crew: Crew;
  readonly limit: Limiter;
  /** By digest: what two manifests share is copied once. */
  readonly started: Map<string, Promise<void>>;
  readonly nodes: CopiedNode[];
}

/**
 * Copies a manifest or index with everything below it from one repository or layout to another, byte for byte, so
 * that every digest stays the same. Children come before what names them, an artifact's subject before the artifact,
 * the tag last; so whatever stops it leaves nothing broken. What the target has is neither fetched nor sent.
 * Every byte is checked against its digest on the way.
 *
 * Throws MLC6510 where the source has no such reference, MLC6511 where it lacks a part, MLC6513 for content that was
 * changed, MLC6515 for a platform that is missing, and what source and target throw.
 */
export async function copy(
  source: ContentSource,
  target: ContentTarget,
  reference: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const crew = createCrew(options.signal);
  const { signal } = crew;
  const named = await source.resolve(reference, { signal });
  const { platforms = [] } = options;
  const chosen =
    platforms.length === 0
      ? { root: named, source }
      : await selectPlatforms(source, named, platforms, signal);
  const limit = createLimiter(options.concurrency ?? 4);
  const run: Run = {
    source: chosen.source,
    target,
    options,
    crew,
    limit,
    started: new Map(),
    nodes: [],
  };
  await copyNode(run, chosen.root);
  if (options.referrers === true) await copyReferrers(run, [chosen.root]);
  if (options.tag !== undefined) await target.tag(chosen.root, options.tag, { signal });
  const sent = run.nodes.reduce((sum, node) => sum + node.sent, 0);
  return { root: chosen.root, nodes: run.nodes, sent };
}

function copyNode(run: Run, descriptor: Descriptor): Promise<void> {
  const { digest, mediaType } = descriptor;
  const before = run.started.get(digest);
  if (before !== undefined) return before;
  const copying = isManifestType(mediaType)
    ? copyManifest(run, descriptor)
    : copyBlob(run, descriptor);
  run.started.set(digest, copying);
  return copying;
}

async function copyBlob(run: Run, descriptor: Descriptor, missing = false): Promise<void> {
  if (isLeftOut(descriptor)) {
    report(run, { descriptor, how: 'left-out', sent: 0 });
    return;
  }
  const { source, options, crew, target } = run;
  const { mountFrom, onProgress } = options;
  const content = { descriptor, open: () => source.fetch(descriptor, crew) };
  const outcome = await run.limit(() => {
    crew.signal.throwIfAborted();
    return target.push(content, {
      signal: crew.signal,
      missing,
      ...(mountFrom !== undefined && { mountFrom }),
      ...(onProgress !== undefined && { onProgress: (sent) => onProgress({ descriptor, sent }) }),
    });
  });
  report(run, { descriptor, ...outcome });
}

/** A manifest that is there has all its parts there: registries and our layouts take none before. */
async function copyManifest(run: Run, descriptor: Descriptor): Promise<void> {
  const { source, target, crew, limit } = run;
  const { signal } = crew;
  if (await limit(() => target.has(descriptor, { signal }))) {
    report(run, { descriptor, how: 'present', sent: 0 });
    return;
  }
  const node = await limit(() => readManifest(source, descriptor, signal));
  await copyParts(run, node);
  const outcome = await pushManifest(run, node).catch(async (error: unknown) => {
    if (!isMlcError(error) || error.code !== 'MLC6522') throw error;
    // The registry dropped what it said it had: a second time everything below is sent, whatever it says.
    await sendAgain(run, node);
    return pushManifest(run, node);
  });
  report(run, { descriptor, ...outcome });
}

function pushManifest({ target, crew, limit }: Run, node: ManifestNode): Promise<PushOutcome> {
  const { descriptor, bytes } = node;
  const content = { descriptor, open: () => streamOf(bytes) };
  return limit(() => target.push(content, { signal: crew.signal, missing: true }));
}

async function copyParts(run: Run, node: ManifestNode): Promise<void> {
  await run.crew.all(partsOf(node), (part) => copyNode(run, part));
  const { subject } = node;
  // A subject need not exist (distribution-spec, Pushing Manifests with Subject).
  if (subject !== undefined && (await run.limit(() => run.source.has(subject, run.crew)))) {
    await copyNode(run, subject);
  }
}

async function sendAgain(run: Run, node: ManifestNode): Promise<void> {
  await run.crew.all(partsOf(node), async (part) => {
    if (!isManifestType(part.mediaType)) return copyBlob(run, part, true);
    const child = await run.limit(() => readManifest(run.source, part, run.crew.signal));
    await sendAgain(run, child);
    await pushManifest(run, child);
  });
}

function partsOf({ config, layers, manifests }: ManifestNode): readonly Descriptor[] {
  return [...(config === undefined ? [] : [config]), ...layers, ...manifests];
}

/** Everything attached to the roots, to the images inside them, and to that again. */
async function copyReferrers(run: Run, roots: readonly Descriptor[]): Promise<void> {
  const asked = new Set<string>();
  let frontier = roots;
  while (frontier.length > 0) {
    const fresh = frontier.filter(({ digest }) => !asked.has(digest));
    for (const { digest } of fresh) asked.add(digest);
    const found = await run.crew.all(fresh, (subject) => attachedTo(run, subject));
    frontier = found.flat();
  }
}

/** Copies what is attached to a manifest; gives where to look next. */
async function attachedTo(run: Run, subject: Descriptor): Promise<readonly Descriptor[]> {
  const { source, crew, limit } = run;
  const { manifests } = await limit(() => readManifest(source, subject, crew.signal));
  const referrers = await limit(() => source.referrers(subject, crew));
  await crew.all(referrers, (referrer) => copyNode(run, referrer));
  return [...manifests.filter(({ mediaType }) => isManifestType(mediaType)), ...referrers];
}

function report(run: Run, node: CopiedNode): void {
  run.nodes.push(node);
  run.options.onProgress?.(node);
}
