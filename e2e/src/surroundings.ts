import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '@mlcontainer/tools';
import { mlcontainerOk, type CliOptions } from './cli.ts';
import { layoutDigest, makeProject, type Project } from './project.ts';
import type { World } from './world.ts';

/** What may differ between two machines that build the same lock. */
export interface Surroundings {
  readonly uid?: number;
  readonly umask?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The one CPU that the build may use. */
  readonly cpu?: number;
  readonly node?: string;
  /** Build from an empty store. */
  readonly cold?: boolean;
}

/** Builds an example from a lock in a new folder and other surroundings, and gives the manifest's digest. */
export async function digestIn(
  world: World,
  from: Project,
  surroundings: Surroundings,
): Promise<string> {
  const project = await makeProject(world, from.name);
  const home = await mkdtemp(join(tmpdir(), 'mlc-home-'));
  try {
    await output('cp', [join(from.folder, 'mlcontainer.lock'), project.folder]);
    if (surroundings.uid)
      await output('chown', ['-R', String(surroundings.uid), project.folder, home]);
    await mlcontainerOk(
      world,
      ['build', '--frozen'],
      cliOptions(world, project, home, surroundings),
    );
    return await layoutDigest(project.layout);
  } finally {
    await project.remove();
    await rm(home, { recursive: true, force: true });
  }
}

function cliOptions(
  world: World,
  project: Project,
  home: string,
  around: Surroundings,
): CliOptions {
  const cold = around.cold === true || around.uid !== undefined;
  return {
    cwd: project.folder,
    through: [...withUmask(around), ...withCpu(around), ...withUid(around)],
    ...(around.node ? { node: around.node } : {}),
    env: {
      ...(around.uid ? { HOME: '/nonexistent' } : {}),
      ...(cold ? { ...world.mirrors, MLCONTAINER_CACHE_DIR: join(home, 'store') } : {}),
      ...around.env,
    },
  };
}

function withUmask({ umask }: Surroundings): string[] {
  return umask ? ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'] : [];
}

function withCpu({ cpu }: Surroundings): string[] {
  return cpu === undefined ? [] : ['taskset', '--cpu-list', String(cpu)];
}

/** Another user, without groups, capabilities, or a way to get any. */
function withUid({ uid }: Surroundings): string[] {
  if (!uid) return [];
  const rights = ['--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, ...rights];
}
