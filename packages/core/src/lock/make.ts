import { resolveDebian, type DebianLock, type MirrorSettings } from '@mlcontainer/debian';
import {
  isMlcError,
  mlcError,
  type Architecture,
  type Plan,
  type Platform,
} from '@mlcontainer/plugin-kit';
import { findUv, resolveWheels, type WheelLock } from '@mlcontainer/wheels';
import type { EngineContext } from '../context.ts';
import { keyringOf, mirrorsOf } from '../inputs/debian.ts';
import { hostArchitecture, hostDebianLock, haveInterpreter } from '../inputs/interpreter.ts';
import { settingsOf } from '../inputs/wheels.ts';
import { stage } from '../stage.ts';
import { readLock, writeLock } from './file.ts';
import { debianRequest, pythonRequest, requestDigests } from './requests.ts';
import { LOCK_FILE, LOCK_VERSION, type Lock } from './types.ts';

/** How much of an existing lock is kept. */
export interface LockOptions {
  /** Resolve everything anew, whatever the lock holds. */
  readonly update: boolean;
  /** Resolve nothing: the lock must exist and answer the plan. */
  readonly frozen: boolean;
}

/** The glibc of a suite; wheels for a newer one would not start. */
const GLIBC = { bookworm: '2.36', trixie: '2.41' } as const;

/** The stage `lock`: what the lock already answers stays, the rest is resolved, and the file is written. */
export function makeLock(
  cx: EngineContext,
  plan: Plan,
  root: string,
  options: LockOptions,
): Promise<Lock> {
  return stage(cx, 'lock', () => freshLock(cx, plan, root, options), lockLine);
}

async function freshLock(
  cx: EngineContext,
  plan: Plan,
  root: string,
  options: LockOptions,
): Promise<Lock> {
  const existing = await readLock(root);
  const drift = driftOf(plan, existing);
  if (options.frozen) return frozenLock(existing, drift);
  const kept = options.update ? undefined : existing;
  if (kept !== undefined && drift.length === 0) return kept;
  const lock = await resolve(cx, plan, root, kept);
  if (await writeLock(root, lock))
    cx.host.notify({ code: 'output', kind: 'lock', path: LOCK_FILE });
  return lock;
}

function frozenLock(existing: Lock | undefined, drift: readonly string[]): Lock {
  if (existing === undefined) throw mlcError('MLC2201', { file: LOCK_FILE });
  if (drift.length > 0) throw mlcError('MLC2202', { file: LOCK_FILE, drift });
  return existing;
}

/** In words, where the lock no longer answers the plan. */
export function driftOf(plan: Plan, lock: Lock | undefined): readonly string[] {
  if (lock === undefined) return ['there is no lock'];
  const wanted = requestDigests(plan);
  const drift: string[] = [];
  if (lock.requests.debian !== wanted.debian)
    drift.push('the Debian packages asked for have changed');
  if (lock.requests.python !== wanted.python) drift.push('the Python requirements have changed');
  const host = hostArchitecture();
  if (plan.options.bytecode && host !== undefined && !knows(lock, host)) {
    drift.push(`it holds no interpreter that compiles bytecode on a ${host} machine`);
  }
  for (const { name, version } of plan.plugins) {
    const locked = lock.plugins.find((plugin) => plugin.name === name);
    if (locked?.version !== version) {
      drift.push(`the plugin ${name} is ${version}, locked is ${locked?.version ?? 'nothing'}`);
    }
  }
  return drift;
}

function knows(lock: Lock, architecture: Architecture): boolean {
  return [...lock.debian, ...lock.tools].some((entry) => entry.architecture === architecture);
}

async function resolve(
  cx: EngineContext,
  plan: Plan,
  root: string,
  kept: Lock | undefined,
): Promise<Lock> {
  const requests = requestDigests(plan);
  const mirrors = await mirrorsOf(cx, plan);
  const sameDebian = kept?.requests.debian === requests.debian;
  const debian = sameDebian ? kept.debian : await resolveDebs(cx, plan, root, mirrors);
  const tools = await resolveTools(cx, plan, root, mirrors, debian, sameDebian ? kept.tools : []);
  const samePython = kept?.requests.python === requests.python;
  const python = samePython ? kept.python : await resolvePython(cx, plan, debian, tools, mirrors);
  return {
    lockVersion: LOCK_VERSION,
    plugins: plan.plugins.map(({ name, version }) => ({ name, version })),
    requests,
    debian,
    tools,
    python,
    layers: kept?.layers ?? {},
  };
}

async function resolveDebs(
  cx: EngineContext,
  plan: Plan,
  root: string,
  mirrors: MirrorSettings,
  architectures = debianRequest(plan).architectures,
): Promise<readonly DebianLock[]> {
  const { suite, packages } = debianRequest(plan);
  const keyring = await keyringOf(plan, root);
  const extra = keyring === undefined ? {} : { keyring };
  const locks: DebianLock[] = [];
  for (const architecture of architectures) {
    const request = { suite, architecture, packages, mirrors, ...extra };
    locks.push(await resolveDebian(request, { ports: cx.ports, signal: cx.signal }));
  }
  return locks;
}

/** An interpreter for this machine, where the plan's platforms bring none that runs here. */
async function resolveTools(
  cx: EngineContext,
  plan: Plan,
  root: string,
  mirrors: MirrorSettings,
  debian: readonly DebianLock[],
  kept: readonly DebianLock[],
): Promise<readonly DebianLock[]> {
  const host = hostArchitecture();
  const held = [...debian, ...kept].some((lock) => lock.architecture === host);
  if (host === undefined || held) return kept;
  return [...kept, ...(await resolveDebs(cx, plan, root, mirrors, [host]))];
}

async function resolvePython(
  cx: EngineContext,
  plan: Plan,
  debian: readonly DebianLock[],
  tools: readonly DebianLock[],
  mirrors: MirrorSettings,
): Promise<readonly WheelLock[]> {
  const settings = await settingsOf(cx);
  const base = { ports: cx.ports, signal: cx.signal, env: cx.env, settings };
  const uv = await findUv(base);
  const interpreter = await haveInterpreter(cx, hostDebianLock(debian, tools), mirrors);
  const { pythonVersion, requirements } = pythonRequest(plan);
  const glibc = GLIBC[debianRequest(plan).suite];
  const resolveFor = (platform: Platform, constraints: readonly string[]): Promise<WheelLock> =>
    resolveWheels(
      { requirements, constraints, pythonVersion, platform, glibc },
      { ...base, uv, interpreter },
    );
  const [first, ...others] = plan.platforms;
  if (first === undefined) return [];
  const locks = [await resolveFor(first, [])];
  for (const platform of others) locks.push(await resolveAlike(locks[0]!, platform, resolveFor));
  return locks;
}

/** The first platform's versions where the other has wheels of them, so that one index holds one set of versions. */
async function resolveAlike(
  first: WheelLock,
  platform: Platform,
  resolveFor: (platform: Platform, constraints: readonly string[]) => Promise<WheelLock>,
): Promise<WheelLock> {
  const pins = first.packages.map(({ name, version }) => `${name}==${version}`);
  try {
    return await resolveFor(platform, pins);
  } catch (error) {
    if (!isMlcError(error) || !NO_SOLUTION.has(error.code)) throw error;
    return resolveFor(platform, []);
  }
}

/** uv found no set of versions, or no wheels for one. */
const NO_SOLUTION: ReadonlySet<string> = new Set(['MLC5010', 'MLC5011']);

function lockLine(lock: Lock): string {
  const debs = lock.debian[0]?.packages.length ?? 0;
  const wheels = lock.python[0]?.packages.length ?? 0;
  return `${debs} Debian packages, ${wheels} wheels`;
}
