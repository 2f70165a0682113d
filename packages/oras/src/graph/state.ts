import type { Descriptor, Digest } from '@mlcontainer/oci';

import type { Content, PushOutcome } from '../content.ts';
import type { ManifestOptions } from '../registry.ts';
import { headOf, type GraphTarget } from './ask.ts';
import type { Graph, PushGraphOptions } from './graph.ts';

/** A push while it lasts. */
export interface State {
  readonly target: GraphTarget;
  readonly graph: Graph;
  readonly options: PushGraphOptions;
  readonly root: Content;
  readonly outcomes: Map<Digest, PushOutcome>;
  /** What the image names that had a tag until now. */
  readonly known: Promise<ReadonlySet<Digest>>;
}

/** Before the tags have been asked for. */
export type Asking = Omit<State, 'known'>;

/** Whether a manifest is there. */
export async function head(state: State, digest: Digest): Promise<boolean> {
  return (await headOf(state.target, digest, askingOptions(state))) !== undefined;
}

/** The first question already asks for a token that reaches all that is mounted from. */
export function askingOptions(state: Asking): ManifestOptions {
  const { graph, options } = state;
  const sources = graph.blobs.flatMap((blob) => sourcesOf(state, blob.descriptor));
  return { signal: options.signal, access: 'push', mountFrom: [...new Set(sources)] };
}

/** Where a blob may be mounted from. */
export function sourcesOf(
  { options: { mountFrom = [] } }: Asking,
  blob: Descriptor,
): readonly string[] {
  return typeof mountFrom === 'function' ? mountFrom(blob) : mountFrom;
}

/** Keeps what became of a part, the bytes of all its transfers together. */
export function done(
  { outcomes, options }: State,
  descriptor: Descriptor,
  outcome: PushOutcome,
): void {
  const before = outcomes.get(descriptor.digest)?.sent ?? 0;
  outcomes.set(descriptor.digest, { how: outcome.how, sent: before + outcome.sent });
  options.onProgress?.({ descriptor, sent: outcome.sent, how: outcome.how });
}
