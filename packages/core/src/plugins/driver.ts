import {
  PLUGIN_API,
  isMlcError,
  mlcError,
  type Awaitable,
  type Plugin,
  type ReadContext,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { CORE_VERSION } from '../version.ts';
import { projectFiles } from './files.ts';

/** A hook that runs longer is named to the user, and after the second limit it fails the plan. Milliseconds. */
const SLOW = 3_000;
const HUNG = 60_000;

/** Calls one hook: its failure carries the names of plugin and hook, and one that hangs is named. */
export async function callHook<T>(
  cx: EngineContext,
  plugin: Plugin,
  hook: string,
  call: () => Awaitable<T>,
): Promise<T> {
  cx.signal.throwIfAborted();
  const watch = watchHook(cx, plugin.name, hook);
  try {
    return await Promise.race([Promise.resolve().then(call), watch.hung]);
  } catch (error) {
    throw attribute(error, plugin.name, hook);
  } finally {
    watch.stop();
  }
}

/** The part of a hook's context that is the same for all hooks. */
export function readContext(cx: EngineContext, root: string, plugin: Plugin): ReadContext {
  return {
    files: projectFiles(root, cx.signal),
    signal: cx.signal,
    warn: (message) => cx.host.notify({ code: 'warning', message, plugin: plugin.name }),
    meta: { core: CORE_VERSION, api: PLUGIN_API },
  };
}

function watchHook(cx: EngineContext, plugin: string, hook: string) {
  const slow = setTimeout(() => {
    cx.host.notify({ code: 'waiting', plugin, hook, ms: SLOW });
  }, SLOW);
  let hungTimer: NodeJS.Timeout;
  const hung = new Promise<never>((_, reject) => {
    hungTimer = setTimeout(() => {
      reject(mlcError('MLC2011', { plugin, hook, seconds: HUNG / 1000 }));
    }, HUNG);
  });
  const stop = (): void => {
    clearTimeout(slow);
    clearTimeout(hungTimer);
  };
  return { hung, stop };
}

function attribute(error: unknown, plugin: string, hook: string): unknown {
  if (isMlcError(error)) {
    error.origin ??= { plugin, hook };
    return error;
  }
  if (error instanceof Error && error.name === 'AbortError') return error;
  const detail = error instanceof Error ? error.message : String(error);
  return mlcError('MLC2010', { plugin, hook, detail }, { cause: error });
}
