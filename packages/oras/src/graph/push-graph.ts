import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor, Digest } from '@mlcontainer/oci';
import { isMlcError, mlcError } from '@mlcontainer/plugin-kit';

import type { Content, PushOutcome } from '../content.ts';
import { createLimiter } from '../limiter.ts';
import { manifestBytes } from '../manifest/write.ts';
import { parseManifest, type ManifestLinks } from '../manifest/parse.ts';
import type { ManifestOptions } from '../registry.ts';
import {
  askParts,
  askTags,
  headOf,
  mapInTurn,
  NOTHING,
  partsOf,
  type GraphTarget,
  type Tagged,
} from './ask.ts';

/** What is pushed: an image, or an index with its images. */
export interface Graph {
  /** Layers and configs; each is opened only where the target misses it. */
  readonly blobs: readonly Content[];
  /** Children before the index that lists them; the last one is the root. */
  readonly manifests: readonly Content[];
  /** Of the root. */
  readonly tags: readonly string[];
}

/** How far one blob or manifest is. Bytes. */
export interface PushProgress {
  readonly descriptor: Descriptor;
  readonly sent: number;
  /** Set once, at its end. */
  readonly how?: PushOutcome['how'];
}

/** How a graph is pushed. */
export interface PushGraphOptions {
  readonly signal: AbortSignal;
  /** Blobs on their way at a time; 6 when left out. */
  readonly concurrency?: number;
  /** Repositories of the same registry that may hold a blob already. */
  readonly mountFrom?: readonly string[] | ((blob: Descriptor) => readonly string[]);
  /** What `askTags` was told of the same target and tags a moment ago; they are asked for now when left out. */
  readonly asked?: Promise<Tagged> | undefined;
  /** What `askParts` was told of these tags; it is asked for where that is of use when left out. */
  readonly there?: Promise<ReadonlySet<Digest>> | undefined;
  /** Blobs that others push, or did a moment ago: they are waited for, and not asked for. */
  readonly sentBefore?: ReadonlyMap<Digest, Promise<unknown>>;
  readonly onProgress?: (progress: PushProgress) => void;
}

/** What a push did. */
export interface PushGraphResult {
  readonly root: Descriptor;
  /** Each blob and manifest that was looked at: none where the root was there already. */
  readonly outcomes: ReadonlyMap<Digest, PushOutcome>;
  /** Tags that were set or moved. */
  readonly moved: readonly string[];
  /** Bytes of bodies sent. */
  readonly sent: number;
}

interface Node {
  readonly content: Content;
  readonly links: ManifestLinks;
}

interface State {
  readonly target: GraphTarget;
  readonly graph: Graph;
  readonly options: PushGraphOptions;
  readonly root: Content;
  readonly outcomes: Map<Digest, PushOutcome>;
  /** What the image names that had a tag until now. */
  readonly known: Promise<ReadonlySet<Digest>>;
}

/**
 * Pushes an image or an index: nothing but a question where the root is there; otherwise the blobs that are missing,
 * children before the index, tags last. What an earlier run finished is not sent again. Throws
 * what the target and the contents throw; MLC6512 for a manifest that cannot be read; MLC6522.
 */
export async function pushGraph(
  target: GraphTarget,
  graph: Graph,
  options: PushGraphOptions,
): Promise<PushGraphResult> {
  const root = graph.manifests.at(-1);
  if (root === undefined)
    throw mlcError('MLC6512', {
      name: target.name,
      digest: 'none',
      detail: 'no manifest was given',
    });
  const asking = { target, graph, options, root, outcomes: new Map() };
  const { pending, tagged } = await tagsToMove(asking);
  const isNamed = pending.length < graph.tags.length;
  const known = isNamed
    ? NOTHING
    : (options.there ?? askParts(target, tagged, askingOptions(asking)));
  // Whoever waits for it sees the failure.
  known.catch(() => undefined);
  const state: State = { ...asking, known };
  const isThere = isNamed || !(await pushBelow(state));
  if (!isThere || pending.length > 0) await putRoot(state, pending);
  const sent = [...state.outcomes.values()].reduce((sum, outcome) => sum + outcome.sent, 0);
  return { root: root.descriptor, outcomes: state.outcomes, moved: pending, sent };
}

type Asking = Omit<State, 'known'>;

/** The tags that do not name the root yet, and what all of them name. One that does proves that the root is there. */
async function tagsToMove(state: Asking): Promise<{ pending: readonly string[]; tagged: Tagged }> {
  const { target, graph, root, options } = state;
  const tagged = await (options.asked ?? askTags(target, graph.tags, askingOptions(state)));
  const pending = graph.tags.filter((tag) => tagged.get(tag)?.digest !== root.descriptor.digest);
  return { pending, tagged };
}

async function head(state: State, digest: Digest): Promise<boolean> {
  return (await headOf(state.target, digest, askingOptions(state))) !== undefined;
}

/** The first question already asks for a token that reaches all that is mounted from. */
function askingOptions(state: Asking): ManifestOptions {
  const { graph, options } = state;
  const sources = graph.blobs.flatMap((blob) => sourcesOf(state, blob.descriptor));
  return { signal: options.signal, access: 'push', mountFrom: [...new Set(sources)] };
}

/**
 * Everything below the root that is missing; false where the root is there. Where a tag was asked for already, the
 * root is most likely a new one: it is asked for together with its parts, which saves a round trip.
 */
async function pushBelow(state: State): Promise<boolean> {
  const isMissing = head(state, state.root.descriptor.digest).then((isThere) => !isThere);
  isMissing.catch(() => undefined);
  if (state.graph.tags.length === 0 && !(await isMissing)) return false;
  await pushParts(state, isMissing);
  return isMissing;
}

async function pushParts(state: State, isRootMissing: Promise<boolean>): Promise<void> {
  const { graph, target } = state;
  const nodes = await Promise.all(graph.manifests.map((content) => nodeOf(target.name, content)));
  const children = nodes.slice(0, -1);
  const present = await mapInTurn(children, ({ content }) =>
    head(state, content.descriptor.digest),
  );
  const missing = nodes.filter((_, at) => present[at] !== true);
  for (const [at, { content }] of children.entries())
    if (present[at] === true) done(state, content.descriptor, { how: 'present', sent: 0 });
  await pushBlobs(state, blobsOf(graph, nodes, missing), isRootMissing);
  if (!(await isRootMissing)) return state.outcomes.clear();
  for (const { content } of missing)
    if (content !== state.root) await pushManifest(state, content, undefined);
}

async function nodeOf(name: string, content: Content): Promise<Node> {
  const bytes = await manifestBytes(content, name);
  return { content, links: parseManifest(bytes, name, content.descriptor.digest) };
}

/** What a manifest that is there names is there too, so only the others' blobs are looked at. */
function blobsOf(graph: Graph, all: readonly Node[], missing: readonly Node[]): readonly Content[] {
  const named = new Set(all.flatMap(({ links }) => partsOf(links)));
  const needed = new Set(missing.flatMap(({ links }) => partsOf(links)));
  const byDigest = new Map(graph.blobs.map((blob) => [blob.descriptor.digest, blob]));
  return [...byDigest.values()].filter(
    ({ descriptor: { digest } }) => needed.has(digest) || !named.has(digest),
  );
}

/** All are asked for at once; what is missing is sent as soon as that is known. */
async function pushBlobs(
  state: State,
  blobs: readonly Content[],
  isRootMissing: Promise<boolean>,
): Promise<void> {
  const { concurrency = 6, signal } = state.options;
  const stop = new AbortController();
  const abort = AbortSignal.any([signal, stop.signal]);
  const asking = createLimiter(concurrency);
  const sending = createLimiter(concurrency);
  const send = async (blob: Content): Promise<void> => {
    const present = await asking(() => isPresent(state, blob, abort));
    if (!present && (await isRootMissing)) await sending(() => pushBlob(state, blob, abort));
  };
  await allOrStop(blobs.map(send), stop);
}

/** Waits for all; the first failure stops the others, and is thrown when they have ended. */
async function allOrStop(tasks: readonly Promise<unknown>[], stop: AbortController): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const watched = tasks.map((task) =>
    task.catch((error: unknown) => {
      failure ??= { error };
      stop.abort(error);
    }),
  );
  await Promise.all(watched);
  if (failure !== undefined) throw failure.error;
}

function sourcesOf({ options: { mountFrom = [] } }: Asking, blob: Descriptor): readonly string[] {
  return typeof mountFrom === 'function' ? mountFrom(blob) : mountFrom;
}

async function isPresent(
  state: State,
  { descriptor }: Content,
  signal: AbortSignal,
): Promise<boolean> {
  const mountFrom = sourcesOf(state, descriptor);
  signal.throwIfAborted();
  const options: ManifestOptions = { signal, access: 'push', mountFrom };
  const { digest } = descriptor;
  const sending = state.options.sentBefore?.get(digest);
  if (sending !== undefined) {
    // Whoever sends it tells of it.
    await sending;
    state.outcomes.set(digest, { how: 'present', sent: 0 });
    return true;
  }
  const isKnown = (await state.known).has(digest);
  const present = isKnown || (await state.target.has(descriptor, options));
  if (present) done(state, descriptor, { how: 'present', sent: 0 });
  return present;
}

async function pushBlob(
  state: State,
  content: Content,
  signal: AbortSignal,
  mountFrom = sourcesOf(state, content.descriptor),
): Promise<void> {
  signal.throwIfAborted();
  const { descriptor } = content;
  const onProgress = (sent: number): void => state.options.onProgress?.({ descriptor, sent });
  const options = { signal, mountFrom, missing: true, onProgress };
  done(state, descriptor, await state.target.push(content, options));
}

/** Keeps what became of a part, the bytes of all its transfers together. */
function done({ outcomes, options }: State, descriptor: Descriptor, outcome: PushOutcome): void {
  const before = outcomes.get(descriptor.digest)?.sent ?? 0;
  outcomes.set(descriptor.digest, { how: outcome.how, sent: before + outcome.sent });
  options.onProgress?.({ descriptor, sent: outcome.sent, how: outcome.how });
}

/** The root by its tags, or by its digest where it has none to take. */
async function putRoot(state: State, tags: readonly string[]): Promise<void> {
  const references = tags.length === 0 ? [undefined] : tags;
  await mapInTurn(references, (tag) => pushManifest(state, state.root, tag));
}

/** Pauses before what a registry misses is sent once more. Milliseconds. */
const REPAIRS = [0, 200, 800];

/**
 * A registry that answered yes by mistake, or removed something since, gets once more what it misses. More than once,
 * because docker-registry writes the link of a blob anew for each client, and sees none while it does: with many
 * clients at work on one repository the answer is about a moment.
 */
async function pushManifest(
  state: State,
  content: Content,
  tag: string | undefined,
): Promise<void> {
  for (const pause of REPAIRS) {
    const missing = await missingParts(putManifest(state, content, tag));
    if (missing === undefined) return;
    await sleep(pause, undefined, { signal: state.options.signal });
    await repair(state, content, new Set(missing));
  }
  await putManifest(state, content, tag);
}

/** What a registry says that a manifest misses; undefined when it took it. */
async function missingParts(putting: Promise<void>): Promise<readonly string[] | undefined> {
  try {
    await putting;
    return undefined;
  } catch (error) {
    if (!isMlcError(error) || error.code !== 'MLC6522') throw error;
    return error.data.missing as readonly string[];
  }
}

async function putManifest(state: State, content: Content, tag: string | undefined): Promise<void> {
  const { target, options } = state;
  const { descriptor } = content;
  const { signal } = options;
  if (target.putManifest === undefined) {
    await target.push(content, { signal });
    if (tag !== undefined) await target.tag(descriptor, tag, { signal });
  } else {
    await target.putManifest(content, tag, { signal });
  }
  done(state, descriptor, { how: 'uploaded', sent: descriptor.size });
}

/** Pushes again what is below a manifest: what was named as missing without asking, the rest after asking. */
async function repair(state: State, above: Content, missing: ReadonlySet<string>): Promise<void> {
  const { graph, target, options } = state;
  const { signal } = options;
  const isMissing = ({ descriptor }: Content): boolean => missing.has(descriptor.digest);
  for (const blob of graph.blobs)
    if (isMissing(blob) || !(await target.has(blob.descriptor, { signal })))
      // Not by a mount: that may be how it came to be missing.
      await pushBlob(state, blob, signal, []);
  for (const child of graph.manifests.slice(0, graph.manifests.indexOf(above)))
    if (isMissing(child) || !(await head(state, child.descriptor.digest)))
      await putManifest(state, child, undefined);
}
