import { resolveDebian, type DebianLock } from '@mlcontainer/debian';
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
import { resolvingInterpreter } from '../inputs/image-python.ts';
import { hostArchitecture } from '../inputs/interpreter.ts';
import { canonicalJson } from '../json.ts';
import { settingsOf } from '../inputs/wheels.ts';
import { withRegistries } from '../registry/registries.ts';
import { restrictToPlan } from '../restrict.ts';
import { allSdists, resolveWith, sdistsFor, type ResolveWheels } from '../sdists/lock.ts';
import { stage } from '../stage.ts';
import { readLock, writeLock } from './file.ts';
import { resolveSteps } from './steps.ts';
import { debianRequest, pythonRequest, requestDigests, type DebianRequest } from './requests.ts';
import { LOCK_FILE, LOCK_VERSION, type Lock } from './types.ts';

/** How much of an existing lock is kept. */
export interface LockOptions {
  /** Resolve everything anew, whatever the lock holds. */
  readonly update: boolean;
  /** Resolve nothing: the lock must exist and answer the plan. */
  readonly frozen: boolean;
}

/** The glibc of a suite. */
const GLIBC = { bookworm: '2.36', trixie: '2.41' } as const;

/** The stage `lock`: what the lock already answers stays, the rest is resolved, and the file is written. */
export function makeLock(
  cx: EngineContext,
  plan: Plan,
  root: string,
  options: LockOptions,
): Promise<Lock> {
  const inner = withRegistries(cx, plan.registries, root);
  const make = async (): Promise<Lock> => {
    await restrictToPlan(inner, plan);
    return freshLock(inner, plan, root, options);
  };
  return stage(cx, 'lock', make, lockLine);
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
  cx.beforeMuchWork?.();
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
  const drift: string[] = [...baseDrift(plan, lock)];
  if (lock.requests.debian !== wanted.debian)
    drift.push('the Debian packages asked for have changed');
  if (lock.requests.python !== wanted.python) drift.push('the Python requirements have changed');
  const host = hostArchitecture();
  const debian = plan.base.kind === 'debian';
  if (debian && plan.options.bytecode && host !== undefined && !knows(lock, host)) {
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

/** A plan carries what its base was pinned to, and the lock must say the same. */
function baseDrift(plan: Plan, lock: Lock): readonly string[] {
  if (lock.requests.base !== requestDigests(plan).base) return ['the base image has changed'];
  const pinned = plan.base.kind === 'image' ? plan.base.images : undefined;
  const same = canonicalJson(pinned ?? []) === canonicalJson(lock.bases ?? []);
  return same ? [] : ['the base image is pinned to another digest than the plan says'];
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
  const sameDebian = kept?.requests.debian === requests.debian;
  const system = await resolveSystem(cx, plan, root, sameDebian ? kept : undefined);
  const samePython = kept?.requests.python === requests.python;
  const python = samePython ? pythonOf(kept) : await resolvePython(cx, plan, root, system);
  return {
    lockVersion: LOCK_VERSION,
    plugins: plan.plugins.map(({ name, version }) => ({ name, version })),
    requests,
    ...system,
    ...python,
    layers: kept?.layers ?? {},
  };
}

/** What the image stands on: Debian's packages, or the image that the plan was made for. */
type SystemLock = Pick<Lock, 'debian' | 'tools' | 'bases' | 'steps'>;

async function resolveSystem(
  cx: EngineContext,
  plan: Plan,
  root: string,
  kept: SystemLock | undefined,
): Promise<SystemLock> {
  const request = debianRequest(plan);
  if (plan.base.kind === 'image') return { debian: [], tools: [], bases: plan.base.images };
  if (request === undefined) return { debian: [], tools: [] };
  const debian = kept?.debian ?? (await resolveDebs(cx, plan, root, request));
  const tools = await resolveTools(cx, plan, root, request, debian, kept?.tools ?? []);
  if (request.stepTools === undefined) return { debian, tools };
  const beside = async (architecture: Architecture, more: readonly string[]) => {
    const packages = [...request.packages, ...more];
    return resolveDebs(cx, plan, root, { ...request, packages, architectures: [architecture] });
  };
  const steps = kept?.steps ?? (await resolveSteps(request.stepTools, debian, beside));
  return { debian, tools, steps };
}

async function resolveDebs(
  cx: EngineContext,
  plan: Plan,
  root: string,
  { suite, packages, architectures }: DebianRequest,
): Promise<readonly DebianLock[]> {
  const mirrors = await mirrorsOf(cx, plan);
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
  request: DebianRequest,
  debian: readonly DebianLock[],
  kept: readonly DebianLock[],
): Promise<readonly DebianLock[]> {
  const host = hostArchitecture();
  const held = [...debian, ...kept].some((lock) => lock.architecture === host);
  if (host === undefined || held) return kept;
  return [...kept, ...(await resolveDebs(cx, plan, root, { ...request, architectures: [host] }))];
}

/** The Python part of a lock. */
type PythonLock = Pick<Lock, 'python' | 'sdists'>;

function pythonOf({ python, sdists }: Lock): PythonLock {
  return { python, ...(sdists === undefined ? {} : { sdists }) };
}

async function resolvePython(
  cx: EngineContext,
  plan: Plan,
  root: string,
  system: SystemLock,
): Promise<PythonLock> {
  const settings = await settingsOf(cx);
  const base = { ports: cx.ports, signal: cx.signal, env: cx.env, settings };
  const uv = await findUv(base);
  const interpreter = await resolvingInterpreter(cx, plan, system);
  const { pythonVersion, requirements } = pythonRequest(plan);
  const resolve: ResolveWheels = (platform, wanted, constraints, from) =>
    resolveWheels(
      {
        requirements: wanted,
        constraints,
        pythonVersion,
        platform,
        glibc: glibcOf(plan, platform),
      },
      { ...base, settings: from, uv, ...(interpreter && { interpreter }) },
    );
  const sdists = await allSdists(cx, { plan, lock: system, root }, settings, resolve);
  const resolveFor = (platform: Platform, constraints: readonly string[]): Promise<WheelLock> =>
    resolveWith(cx, sdistsFor(sdists, platform), settings, (from, pins) =>
      resolve(platform, requirements, [...constraints, ...pins], from),
    );
  const [first, ...others] = plan.platforms;
  if (first === undefined) return { python: [] };
  const locks = [await resolveFor(first, [])];
  for (const platform of others) locks.push(await resolveAlike(locks[0]!, platform, resolveFor));
  return { python: locks, ...(sdists.length === 0 ? {} : { sdists }) };
}

/** The C library of the base; wheels for a newer one would not start. */
function glibcOf({ base }: Plan, { architecture }: Platform): string {
  if (base.kind === 'debian') return GLIBC[base.suite];
  const found = base.images.find(({ platform }) => platform.architecture === architecture);
  if (found === undefined) throw mlcError('MLC6712', { reference: base.reference });
  return found.facts.glibc;
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
  const [base] = lock.bases ?? [];
  const wheels = lock.python[0]?.packages.length ?? 0;
  const system =
    base === undefined ? `${debs} Debian packages` : `base ${base.manifest.digest.slice(0, 19)}`;
  return `${system}, ${wheels} wheels`;
}
