import type { Content } from '../content.ts';
import { createLimiter } from '../limiter.ts';
import type { ManifestOptions } from '../registry.ts';
import { done, sourcesOf, type State } from './state.ts';

/** All are asked for at once; what is missing is sent as soon as that is known. */
export async function pushBlobs(
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

/** Sends a blob that is not there, or mounts it. */
export async function pushBlob(
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
