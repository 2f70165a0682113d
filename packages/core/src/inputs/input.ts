import type { EngineContext } from '../context.ts';
import { fromBundle } from '../vendor/bundle.ts';

/** One artifact of the lock, by its hash. */
export interface LockedInput {
  /** File name, for people. */
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** The path of an input in the store; taken from a vendored bundle or fetched where it is missing, and told to the host either way. */
export async function haveInput(
  cx: EngineContext,
  input: LockedInput,
  fetch: () => Promise<string>,
): Promise<string> {
  cx.signal.throwIfAborted();
  const { name, sha256, size } = input;
  const held = await cx.ports.store.path(sha256);
  if (held === undefined) cx.host.notify({ code: 'input-start', name, size });
  const path = held ?? (await fromBundle(cx, input)) ?? (await fetch());
  cx.host.notify({ code: 'input-done', name, size, reused: held !== undefined });
  return path;
}
