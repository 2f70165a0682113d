import { mlcError } from '@mlcontainer/plugin-kit';
import { chrootEngine, userNamespaces } from './chroot-engines.ts';
import { containerCli } from './container-cli.ts';
import type { Engine } from './engine.ts';
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

/**
 * The engine of that name, or the first that works.
 * Throws MLC8002 when the named one does not work, MLC8001 with everyone's reason when none does.
 */
export async function chooseEngine(
  wanted: EngineName | undefined,
  cx: RunContext,
  signal: AbortSignal,
): Promise<Engine> {
  const refused: EngineProbe[] = [];
  for (const engine of ENGINES) {
    if (wanted !== undefined && engine.name !== wanted) continue;
    const result = await probe(engine, cx, signal);
    if (result.works) return engine;
    refused.push(result);
  }
  if (wanted !== undefined)
    throw mlcError('MLC8002', { engine: wanted, reason: refused[0]?.detail ?? 'unknown' });
  const reasons = refused.map(({ engine, detail }) => `  ${engine}: ${detail}`).join('\n');
  throw mlcError('MLC8001', { reasons });
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
