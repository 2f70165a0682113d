import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPacked, type Tarball } from '@mlcontainer/tools';

/** What all e2e tests share: the packed packages, installed as a user would, and one store. */
export interface World {
  readonly folder: string;
  readonly tarballs: readonly Tarball[];
  /** A project outside the repository in which every package is installed from its tarball. */
  readonly app: string;
  /** The value of MLCONTAINER_CACHE_DIR of the builds that may be warm. */
  readonly store: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    world: World;
  }
}

const STATE = 'world.json';

/** Makes the world in a temporary folder. `MLC_E2E_WORLD` names a folder that is kept and used again, for work on the tests. */
export async function makeWorld(): Promise<{ world: World; remove: () => Promise<void> }> {
  const kept = process.env['MLC_E2E_WORLD'];
  if (kept && existsSync(join(kept, STATE))) {
    const world = JSON.parse(await readFile(join(kept, STATE), 'utf8')) as World;
    return { world, remove: async () => {} };
  }
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'mlc-e2e-')));
  // Tests build as other users too, who must be able to read what is installed.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const world = await fill(folder);
  const remove = kept ? async () => {} : () => rm(folder, { recursive: true, force: true });
  return { world, remove };
}

async function fill(folder: string): Promise<World> {
  const { tarballs, app } = await installPacked(folder);
  const world = { folder, tarballs, app, store: join(folder, 'store') };
  await writeFile(join(folder, STATE), JSON.stringify(world, null, 2));
  return world;
}
