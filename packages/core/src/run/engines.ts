import { isMlcError, mlcError } from '@mlcontainer/plugin-kit';
import { chrootEngine, userNamespaces } from './chroot-engines.ts';
import { containerCli } from './container-cli.ts';
import type { Engine, Started } from './engine.ts';
import { ociRuntime } from './oci-runtime.ts';
import type { EngineName, EngineProbe, RunContext } from './types.ts';

/** Every engine, in the order in which they are tried. */
const ENGINES: readonly Engine[] = [
  containerCli('docker'),
  containerCli('podman'),
  ociRuntime('crun'),
  ociRuntime('runc'),
  userNamespaces,
  chrootEngine,
];

/** Says of every engine whether it works here; each is really tried, none is left running. */
export async function probeEngines(
  cx: RunContext,
  signal: AbortSignal,
): Promise<readonly EngineProbe[]> {
  return Promise.all(ENGINES.map((engine) => probe(engine, cx, signal)));
}

/** What was started, and by whom. */
export interface StartedBy {
  readonly engine: EngineName;
  readonly started: Started;
}

/**
 * Starts with the engine of that name, or with the first that works; one that fails to start although it seemed to
 * work is passed over. Throws MLC8002 or MLC8003 for the named one, MLC8001 with everyone's reason when none works.
 */
export async function startWithEngine(
  wanted: EngineName | undefined,
  cx: RunContext,
  signal: AbortSignal,
  start: (engine: Engine) => Promise<Started>,
): Promise<StartedBy> {
  const reasons: string[] = [];
  for (const engine of ENGINES) {
    if (wanted !== undefined && engine.name !== wanted) continue;
    const { works, detail } = await probe(engine, cx, signal);
    if (!works && wanted !== undefined)
      throw mlcError('MLC8002', { engine: wanted, reason: detail });
    if (!works) {
      reasons.push(`  ${engine.name}: ${detail}`);
      continue;
    }
    try {
      return { engine: engine.name, started: await start(engine) };
    } catch (error) {
      if (wanted !== undefined || !isMlcError(error) || error.code !== 'MLC8003') throw error;
      cx.host.notify({ code: 'note', message: `${error.message} Trying the next engine.` });
      reasons.push(`  ${error.message}`);
    }
  }
  throw mlcError('MLC8001', { reasons: reasons.join('\n') });
}

async function probe(engine: Engine, cx: RunContext, signal: AbortSignal): Promise<EngineProbe> {
  if (process.platform !== 'linux' && !['docker', 'podman'].includes(engine.name))
    return { engine: engine.name, works: false, detail: 'needs Linux' };
  try {
    return await engine.probe(cx, signal);
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof Error ? error.message : String(error);
    return { engine: engine.name, works: false, detail };
  }
}
