import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  downloadWheels,
  installPacked,
  lockedWheels,
  mirrorEnvironment,
  output,
  ROOT,
  serveMirrors,
  type Installation,
} from '@mlcontainer/tools';

/** What all e2e tests share: the packed packages, installed as a user would, and one store. */
export interface World extends Installation {
  readonly folder: string;
  /** The value of MLCONTAINER_CACHE_DIR of the builds that may be warm. */
  readonly store: string;
  /** The environment in which a build from an empty store asks mirrors on the loopback interface. */
  readonly mirrors: Readonly<Record<string, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    world: World;
  }
}

const STATE = 'world.json';

type Kept = Omit<World, 'mirrors'>;

/**
 * Makes the world in a temporary folder, and serves its mirrors until it is removed. `MLC_E2E_WORLD` names a folder
 * that is kept and used again, for work on the tests.
 */
export async function makeWorld(): Promise<{ world: World; remove: () => Promise<void> }> {
  const kept = process.env['MLC_E2E_WORLD'];
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'mlc-e2e-')));
  const state = join(folder, STATE);
  if (!existsSync(state)) await writeFile(state, JSON.stringify(await fill(folder), null, 2));
  const filled = JSON.parse(await readFile(state, 'utf8')) as Kept;
  const mirrors = await serveMirrors(join(folder, 'mirror'));
  const remove = async () => {
    await mirrors.stop();
    if (!kept) await rm(folder, { recursive: true, force: true });
  };
  return { world: { ...filled, mirrors: mirrorEnvironment(mirrors) }, remove };
}

async function fill(folder: string): Promise<Kept> {
  // Tests build as other users too, who must be able to read what is installed.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const world = { folder, store: join(folder, 'store'), ...(await installPacked(folder)) };
  await fillMirror(world);
  return world;
}

/** Downloads the wheels that the examples lock, once; both examples lock the same. */
async function fillMirror({ folder, app, bin, store }: Kept): Promise<void> {
  const project = join(folder, 'locked');
  await cp(join(ROOT, 'examples', 'diabetes', 'model.joblib'), join(project, 'model.joblib'));
  await cp(
    join(ROOT, 'examples', 'diabetes', 'mlcontainer.config.ts'),
    join(project, 'mlcontainer.config.ts'),
  );
  await symlink(join(app, 'node_modules'), join(project, 'node_modules'));
  await output(bin, ['lock'], { cwd: project, env: { MLCONTAINER_CACHE_DIR: store } });
  const locked = await lockedWheels(join(project, 'mlcontainer.lock'));
  await downloadWheels(join(folder, 'mirror'), ['--no-deps', ...locked, 'uv']);
}
