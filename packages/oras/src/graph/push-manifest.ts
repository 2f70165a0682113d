import { setTimeout as sleep } from 'node:timers/promises';
import { isMlcError } from '@mlcontainer/plugin-kit';

import type { Content } from '../content.ts';
import { mapInTurn } from './ask.ts';
import { pushBlob } from './push-blobs.ts';
import { done, head, type State } from './state.ts';

/** The root by its tags, or by its digest where it has none to take. */
export async function putRoot(state: State, tags: readonly string[]): Promise<void> {
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
export async function pushManifest(
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
