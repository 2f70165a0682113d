import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlcError, platformName, type Platform, type Ports } from '@mlcontainer/plugin-kit';
import type { Interpreter } from '../bytecode/process.ts';
import { bestWheel, machineOf, tagRanks } from '../names/tags.ts';
import type { PythonSettings } from '../settings/settings.ts';
import { type Annotated, parseAnnotations } from './annotations.ts';
import { hasWritableCache } from './cache.ts';
import { uvEnvironment, uvPlaces } from './environment.ts';
import { uvFailure } from './failure.ts';
import { completeWheel } from './complete.ts';
import type { LockedWheel, WheelLock } from './lock.ts';
import { parsePylock, type PylockPackage, type PylockWheel } from './pylock.ts';

/** What is to be resolved. */
export interface ResolveRequest {
  /** PEP 508 strings, by name. */
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** `3.11` */
  readonly pythonVersion: string;
  readonly platform: Platform;
  /** The image's glibc: `2.36`. */
  readonly glibc: string;
}

/** What resolving takes. */
export interface ResolveContext {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly settings: PythonSettings;
  readonly uv: { readonly path: string };
  /** The image's Python of this machine's architecture; any Python that uv finds itself when left out. */
  readonly interpreter?: Interpreter;
}

/** uv knows no newer glibc by name; what runs on an older one runs on a newer. */
const NEWEST_GLIBC = 40;

/**
 * Resolves requirements into exactly one wheel a package for one platform, with uv and the user's own indexes.
 * Throws MLC5010 (no solution), MLC5011 (sources only), MLC5012 (uv failed), MLC5013 (not lockable), MLC5014,
 * MLC5021 (index refuses).
 */
export async function resolveWheels(
  request: ResolveRequest,
  cx: ResolveContext,
): Promise<WheelLock> {
  refuseOptions([...request.requirements, ...request.constraints]);
  const { packages, annotated } = await cx.ports.store.withTemp((folder) =>
    runUv(request, cx, folder),
  );
  const target = {
    pythonVersion: request.pythonVersion,
    platform: request.platform,
    glibc: request.glibc,
  };
  const ranks = tagRanks(target);
  const chosen = packages.map((item) => ({ item, wheel: choose(item, ranks, request.platform) }));
  const locked = await Promise.all(
    chosen.map(async ({ item, wheel }) =>
      toLocked(item, await completeWheel(wheel, cx), annotated),
    ),
  );
  locked.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    platform: request.platform,
    pythonVersion: request.pythonVersion,
    packages: withRequires(locked),
  };
}

/** A line that begins with a dash would be an option to uv's requirements reader. */
function refuseOptions(lines: readonly string[]): void {
  for (const line of lines) {
    if (/^\s*-|[\r\n]/.test(line)) {
      throw mlcError('MLC5013', {
        requirement: line.trim(),
        detail: 'it is an option, not a requirement',
      });
    }
  }
}

async function runUv(request: ResolveRequest, cx: ResolveContext, folder: string) {
  const inputs = join(folder, 'requirements.in');
  const constraints = join(folder, 'constraints.txt');
  await writeFile(inputs, `${request.requirements.join('\n')}\n`);
  await writeFile(constraints, `${request.constraints.join('\n')}\n`);
  const env = uvEnvironment(cx.settings);
  const args = [
    ...['pip', 'compile', inputs, '--constraints', constraints, ...uvPlaces(cx.settings)],
    ...['--python-version', request.pythonVersion, '--python-platform', uvPlatform(request)],
    ...['--only-binary', ':all:', '--no-header', '--color', 'never'],
    ...(cx.interpreter ? ['--python', await writeInterpreter(cx.interpreter, folder)] : []),
    ...((await hasWritableCache(env)) ? [] : ['--cache-dir', join(folder, 'cache')]),
  ];
  const pylock = await uv(cx, env, [...args, '--format', 'pylock.toml']);
  const packages = parsePylock(pylock, folder);
  const text = await uv(cx, env, [
    ...args,
    '--format',
    'requirements.txt',
    '--annotation-style',
    'split',
  ]);
  const annotated = parseAnnotations(text);
  const strange = packages.find((item) => annotated.get(item.name)?.version !== item.version);
  if (strange)
    throw mlcError('MLC5012', {
      detail: `two runs differ on ${strange.name}; the index changed meanwhile`,
    });
  return { packages, annotated };
}

async function uv(
  cx: ResolveContext,
  env: Record<string, string>,
  args: readonly string[],
): Promise<string> {
  const { path } = cx.uv;
  const result = await cx.ports.exec.run({
    command: path,
    args,
    env,
    cwd: cx.settings.cwd,
    signal: cx.signal,
  });
  if (result.code !== 0) throw uvFailure(result.code, result.stderr);
  return Buffer.from(result.stdout).toString('utf8');
}

function uvPlatform(request: ResolveRequest): string {
  const minor = Math.min(Number(request.glibc.split('.')[1]), NEWEST_GLIBC);
  const known = minor >= 31 ? minor : minor >= 28 ? 28 : 17;
  return `${machineOf(request.platform)}-manylinux_2_${known}`;
}

/** uv asks an interpreter about itself; ours needs words before its own arguments, so it gets a script of its own. */
async function writeInterpreter(interpreter: Interpreter, folder: string): Promise<string> {
  const path = join(folder, 'python3');
  const quote = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const exports = Object.entries(interpreter.env).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  const lines = ['#!/bin/sh', ...exports, `exec ${interpreter.argv.map(quote).join(' ')} "$@"`, ''];
  await writeFile(path, lines.join('\n'), { mode: 0o755 });
  return path;
}

function choose(
  item: PylockPackage,
  ranks: ReadonlyMap<string, number>,
  platform: Platform,
): PylockWheel {
  const wheel = bestWheel(item.wheels, ranks);
  if (wheel) return wheel;
  const file = item.wheels.map(({ parsed }) => parsed.file).join(', ');
  throw mlcError('MLC5014', { name: item.name, file, platform: platformName(platform) });
}

type Complete = PylockWheel & { readonly sha256: string; readonly size: number };

function toLocked(
  item: PylockPackage,
  wheel: Complete,
  annotated: ReadonlyMap<string, Annotated>,
): LockedWheel {
  return {
    name: item.name,
    version: item.version,
    file: wheel.parsed.file,
    sha256: wheel.sha256,
    size: wheel.size,
    requires: [],
    requiredBy: annotated.get(item.name)?.requiredBy ?? [],
    tags: [...wheel.parsed.tags].sort(),
  };
}

function withRequires(packages: readonly LockedWheel[]): LockedWheel[] {
  return packages.map((item) => ({
    ...item,
    requires: packages
      .filter((other) => other.requiredBy.includes(item.name))
      .map((other) => other.name),
  }));
}
