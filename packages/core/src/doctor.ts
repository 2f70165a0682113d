import { isMlcError, mlcError } from '@mlcontainer/plugin-kit';
import { debianMirrors, explainMirrors } from '@mlcontainer/debian';
import { describeSettings, findUv } from '@mlcontainer/wheels';
import { cacheInfo } from './cache.ts';
import type { EngineContext } from './context.ts';
import { settingsOf } from './inputs/wheels.ts';
import { hostArchitecture } from './inputs/interpreter.ts';
import { openProject } from './project.ts';
import { registryChecks } from './registry/doctor.ts';
import { probeEngines } from './run/engines.ts';
import { buildahOf } from './steps/require.ts';

/** One thing that was looked at on this machine. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

/** What this machine can do for a build, asked without changing anything but the store. */
export async function doctor(cx: EngineContext): Promise<{ readonly checks: readonly Check[] }> {
  const checks = [
    nodeCheck(),
    await attempt('store', () => storeCheck(cx)),
    bytecodeCheck(),
    await attempt('uv', () => uvCheck(cx)),
    ...(await pythonChecks(cx)),
    ...(await mirrorChecks(cx)),
    ...(await projectChecks(cx)),
    ...(await engineChecks(cx)),
    ...(await stepChecks(cx)),
  ];
  return { checks };
}

function nodeCheck(): Check {
  return { name: 'node', status: 'ok', detail: process.version };
}

async function storeCheck(cx: EngineContext): Promise<Check> {
  const probe = new TextEncoder().encode('doctor');
  await cx.ports.store.put(
    (async function* () {
      yield await Promise.resolve(probe);
    })(),
  );
  const { path, kinds } = await cacheInfo(cx);
  const megabytes = kinds.reduce((sum, { size }) => sum + size, 0) / 1e6;
  return { name: 'store', status: 'ok', detail: `${path}, ${megabytes.toFixed(0)} MB, writable` };
}

function bytecodeCheck(): Check {
  const architecture = hostArchitecture();
  if (architecture !== undefined) {
    const detail = `Debian's ${architecture} interpreter runs here`;
    return { name: 'bytecode', status: 'ok', detail };
  }
  const detail = `no interpreter of the image runs on ${process.platform}/${process.arch}`;
  const fix = 'Set `bytecode: false`, or build on Linux.';
  return { name: 'bytecode', status: 'warn', detail, fix };
}

async function uvCheck(cx: EngineContext): Promise<Check> {
  const settings = await settingsOf(cx);
  const uv = await findUv({ ports: cx.ports, signal: cx.signal, env: cx.env, settings });
  return { name: 'uv', status: 'ok', detail: `${uv.version} (${uv.source})` };
}

async function pythonChecks(cx: EngineContext): Promise<readonly Check[]> {
  const lines = describeSettings(await settingsOf(cx));
  return lines.map(({ name, value, source }) => ({
    name: `python ${name}`,
    status: 'ok' as const,
    detail: `${value} (${source})`,
  }));
}

async function mirrorChecks(cx: EngineContext): Promise<readonly Check[]> {
  const settings = await debianMirrors({ env: cx.env });
  if (settings.debian === undefined) {
    const { message: detail, fix } = mlcError('MLC4017', {});
    return [{ name: 'debian', status: 'warn', detail, fix }];
  }
  const mirrors = explainMirrors(settings);
  return mirrors.map(({ archive, url, source, detail }) => ({
    name: archive,
    status: 'ok' as const,
    detail: `${url} (${source}: ${detail})`,
  }));
}

/** The registries of the project, where doctor runs in one. */
async function projectChecks(cx: EngineContext): Promise<readonly Check[]> {
  try {
    const { config, root } = await openProject(cx, { command: 'doctor', mode: 'production' });
    return await registryChecks(cx, config, root);
  } catch (error) {
    if (!isMlcError(error)) throw error;
    if (error.code === 'MLC1001') return [];
    const detail = `${error.code} ${error.message}`;
    return [{ name: 'project', status: 'fail', detail, fix: error.fix }];
  }
}

/** One engine that works is enough for `mlcontainer run`; the others are told, not held against the machine. */
async function engineChecks(cx: EngineContext): Promise<readonly Check[]> {
  const probes = await probeEngines(cx, cx.signal);
  const any = probes.some((probe) => probe.works);
  const checks = probes.map(({ engine, works, detail }): Check => {
    return { name: `engine ${engine}`, status: works ? 'ok' : 'warn', detail };
  });
  if (any) return checks;
  const fix = 'Building needs no engine; `mlcontainer run` needs one of them.';
  return [...checks, { name: 'engine', status: 'warn', detail: 'none works here', fix }];
}

/** Only steps need buildah, so what it lacks is told, not held against the machine. */
async function stepChecks(cx: EngineContext): Promise<readonly Check[]> {
  const { works, way, facts, remedy } = await buildahOf(cx);
  const checks = facts.map(({ name, status, detail, remedy: fix }): Check => {
    const known = { name: `steps ${name}`, detail, ...(fix === undefined ? {} : { fix }) };
    return { ...known, status: status === 'ok' ? 'ok' : 'warn' };
  });
  if (works && way !== undefined) {
    const detail = `run with the rights of ${way.rights}, without network, over ${way.driver}`;
    return [...checks, { name: 'steps', status: 'ok', detail }];
  }
  const detail = 'run, base.scripts: not possible here; all else builds';
  return [
    ...checks,
    { name: 'steps', status: 'warn', detail, ...(remedy === undefined ? {} : { fix: remedy }) },
  ];
}

async function attempt(name: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    if (!isMlcError(error)) throw error;
    return { name, status: 'fail', detail: `${error.code} ${error.message}`, fix: error.fix };
  }
}
