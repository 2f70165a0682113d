import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import { writeLayer, type Entry } from '@mlcontainer/oci';
import type { Platform } from '@mlcontainer/plugin-kit';
import { probeBuildah } from '../../src/probe.ts';
import { runSteps, type BuildahWay, type StepContext, type StepRequest } from '../../src/run.ts';
import type { Diff } from '../../src/entries.ts';
import type { LowerLayer } from '../../src/lower.ts';
import { file, hostEntries, layerOf } from './rootfs.ts';

export const platform: Platform = {
  os: 'linux',
  architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
};

/** A store, a root filesystem of two layers, and buildah on this machine. */
export interface World {
  readonly folder: string;
  readonly layers: readonly LowerLayer[];
  readonly way: BuildahWay;
  context(over?: Partial<StepContext>): StepContext;
  request(script: string, over?: Partial<StepRequest>): StepRequest;
  /** Runs a script, and gives its diff with the contents of its files. */
  run(script: string, over?: Partial<StepRequest>, way?: BuildahWay): Promise<Result>;
  /** What a step must not have left on this machine. */
  leftOver(): string[];
  dispose(): void;
}

export interface Result extends Diff {
  /** By path: type, mode, owner, and content, target or digest. */
  readonly listing: Readonly<Record<string, string>>;
  readonly digest: string;
}

const UPPER: readonly Entry[] = [
  file('opt/base', 'base\n'),
  file('opt/two', 'two\n'),
  file('opt/dir/x', 'x\n'),
  file('opt/dir/deep/y', 'y\n'),
  file('opt/dir/deep/z', 'z\n'),
  file('opt/same', 'same\n'),
  { type: 'symlink', path: 'opt/link', mode: 0o777, target: 'two' },
];

/** Throws with the remedy where this machine has no working buildah. */
export async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'mlc-buildah-'));
  const env = process.env;
  const ports = nodePorts({ env, cacheDir: join(folder, 'store'), offline: true });
  const signal = new AbortController().signal;
  const layers = [await layerOf(folder, hostEntries()), await layerOf(folder, UPPER, 'zstd')];
  const { way, remedy, facts } = await probeBuildah({ ports, env, signal });
  if (way === undefined)
    throw new Error(`buildah is needed here. ${remedy}\n${JSON.stringify(facts, null, 1)}`);
  const context = (over: Partial<StepContext> = {}): StepContext => {
    return { ports, env, signal, way, ...over };
  };
  const request = (script: string, over: Partial<StepRequest> = {}): StepRequest => ({
    name: 'test/step',
    layers,
    platform,
    commands: [['/bin/sh', '-ec', script]],
    env: {},
    network: 'none',
    ...over,
  });
  return {
    folder,
    layers,
    way,
    context,
    request,
    run: (script, over, other = way) =>
      runSteps(request(script, over), context({ way: other }), resultOf),
    leftOver: () => leftOver(folder),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function resultOf(diff: Diff): Promise<Result> {
  const listing: Record<string, string> = {};
  for (const entry of diff.entries) listing[entry.path] = await describe(entry);
  const hash = createHash('sha256');
  const signal = new AbortController().signal;
  await writeLayer(diff.entries, (chunk) => void hash.update(chunk), {
    compression: 'none',
    allowWhiteouts: true,
    allowSetid: diff.entries.map(({ path }) => path),
    signal,
  });
  return { ...diff, listing, digest: hash.digest('hex') };
}

async function describe(entry: Entry): Promise<string> {
  const head = `${entry.mode.toString(8)} ${entry.uid ?? 0}:${entry.gid ?? 0}`;
  if (entry.type === 'directory') return `${head} dir`;
  if (entry.type === 'symlink') return `-> ${entry.target}`;
  if (entry.type === 'hardlink') return `=> ${entry.target}`;
  const parts: Uint8Array[] = [];
  if (entry.content.kind === 'bytes') parts.push(entry.content.bytes);
  else for await (const chunk of entry.content.open()) parts.push(chunk);
  return `${head} ${Buffer.concat(parts).toString().trim()}`.trim();
}

/** Mounts, processes and temporary folders that name the test's folder. */
function leftOver(folder: string): string[] {
  const temps = readdirSync(join(folder, 'store'), { recursive: true })
    .map(String)
    .filter((path) => /(?:^|\/)(?:storage|state|scratch|changes\.tar)$/.test(path));
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return [
    ...temps.slice(0, 3),
    ...[...mounts, ...processes].filter((line) => line.includes(folder)),
  ];
}
