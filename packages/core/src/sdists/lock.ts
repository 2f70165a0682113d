import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { mlcError, type Plan, type Platform } from '@mlcontainer/plugin-kit';
import {
  fetchSource,
  readBuildSystem,
  type PythonSettings,
  type WheelLock,
} from '@mlcontainer/wheels';
import type { EngineContext } from '../context.ts';
import { compileSdist, type CompileFor } from './compile.ts';
import type { LockedSdist } from './types.ts';

/** Resolves requirements into wheels for a platform. */
export type ResolveWheels = (
  platform: Platform,
  requirements: readonly string[],
  constraints: readonly string[],
  settings: PythonSettings,
) => Promise<WheelLock>;

/** Those of all platforms of the plan; nothing is loaded or started where it names none. */
export async function allSdists(
  cx: EngineContext,
  around: CompileFor,
  settings: PythonSettings,
  resolve: ResolveWheels,
): Promise<readonly LockedSdist[]> {
  const { platforms } = around.plan;
  if (pinsOf(around.plan).length === 0) return [];
  const locked: LockedSdist[] = [];
  try {
    for (const platform of platforms)
      locked.push(...(await lockSdists(cx, around, platform, settings, resolve)));
  } finally {
    await cx.layerRunner.close();
  }
  return locked;
}

/** Those of one platform. */
export function sdistsFor(
  sdists: readonly LockedSdist[],
  { architecture }: Platform,
): readonly LockedSdist[] {
  return sdists.filter(({ platform }) => platform.architecture === architecture);
}

/** Finds, locks and compiles the source distributions that the plan names, for one platform. */
async function lockSdists(
  cx: EngineContext,
  around: CompileFor,
  platform: Platform,
  settings: PythonSettings,
  resolve: ResolveWheels,
): Promise<readonly LockedSdist[]> {
  const locked: LockedSdist[] = [];
  for (const pin of pinsOf(around.plan)) {
    const { source, path: file } = await fetchSource(pin.name, pin.version, {
      ports: cx.ports,
      signal: cx.signal,
      settings,
    });
    const {
      requires,
      backend,
      path: backendPath,
    } = await readBuildSystem(source.file, file, cx.signal);
    const { packages: build } = await resolve(platform, requires, [], settings);
    const known = { ...source, platform, backend, backendPath, build };
    const wheel = await compileSdist(cx, around, known);
    cx.host.notify({ code: 'input-done', name: wheel.file, size: wheel.size, reused: false });
    locked.push({ ...known, wheel });
  }
  return locked;
}

/** Resolves as ever, with the compiled wheels beside what is configured. */
export async function resolveWith(
  cx: EngineContext,
  sdists: readonly LockedSdist[],
  settings: PythonSettings,
  resolve: (settings: PythonSettings, constraints: readonly string[]) => Promise<WheelLock>,
): Promise<WheelLock> {
  if (sdists.length === 0) return resolve(settings, []);
  return cx.ports.store.withTemp(async (folder) => {
    for (const { wheel } of sdists) {
      const held = await cx.ports.store.path(wheel.sha256);
      if (held !== undefined) await copyFile(held, path.join(folder, wheel.file));
    }
    const links = { value: { url: folder }, source: 'compiled' };
    const pins = sdists.map(({ name, version }) => `${name}==${version}`);
    return resolve({ ...settings, findLinks: [links, ...settings.findLinks] }, pins);
  });
}

/** The path of a wheel that was compiled: compiled again where the store does not hold it. Throws MLC8509. */
export async function haveCompiled(
  cx: EngineContext,
  around: CompileFor,
  sdist: LockedSdist,
): Promise<string> {
  const { wheel, file } = sdist;
  const again = await compileSdist(cx, around, sdist);
  if (again.sha256 !== wheel.sha256)
    throw mlcError('MLC8509', { file, expected: wheel.sha256, actual: again.sha256 });
  return (await cx.ports.store.path(wheel.sha256)) ?? '';
}

function pinsOf({ sdists = [] }: Plan): readonly { name: string; version: string }[] {
  return sdists.map((pin) => {
    const [name = '', version = ''] = pin.split('==');
    return { name: name.trim(), version: version.trim() };
  });
}
