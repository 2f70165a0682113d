import { mlcError } from '@mlcontainer/plugin-kit';

import type { Content } from '../content.ts';
import { manifestBytes } from '../manifest/write.ts';
import { parseManifest, type ManifestLinks } from '../manifest/parse.ts';
import {
  askParts,
  askTags,
  mapInTurn,
  NOTHING,
  partsOf,
  type GraphTarget,
  type Tagged,
} from './ask.ts';
import type { Graph, PushGraphOptions, PushGraphResult } from './graph.ts';
import { pushBlobs } from './push-blobs.ts';
import { pushManifest, putRoot } from './push-manifest.ts';
import { askingOptions, done, head, type Asking, type State } from './state.ts';

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

/** The tags that do not name the root yet, and what all of them name. One that does proves that the root is there. */
async function tagsToMove(state: Asking): Promise<{ pending: readonly string[]; tagged: Tagged }> {
  const { target, graph, root, options } = state;
  const tagged = await (options.asked ?? askTags(target, graph.tags, askingOptions(state)));
  const pending = graph.tags.filter((tag) => tagged.get(tag)?.digest !== root.descriptor.digest);
  return { pending, tagged };
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

interface Node {
  readonly content: Content;
  readonly links: ManifestLinks;
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
