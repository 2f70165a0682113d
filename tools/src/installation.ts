import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackages, packPackages, type Tarball } from './pack.ts';
import { output } from './process.ts';

/** The packed packages, installed as a user would have them, outside the repository. */
export interface Installation {
  readonly tarballs: readonly Tarball[];
  /** A project in which every package is installed from its tarball. */
  readonly app: string;
  /** The command line's bin. */
  readonly bin: string;
}

/** Builds, packs and installs all packages below a folder. Rejects when one does not build or install. */
export async function installPacked(folder: string): Promise<Installation> {
  const packed = join(folder, 'packed');
  const app = join(folder, 'app');
  await mkdir(packed, { recursive: true });
  await mkdir(app, { recursive: true });
  await buildPackages();
  const tarballs = await packPackages(packed);
  const manifest = { name: 'app', version: '1.0.0', private: true, type: 'module' };
  await writeFile(join(app, 'package.json'), JSON.stringify(manifest));
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  await output('npm', ['install', ...flags, ...tarballs.map(({ path }) => path)], { cwd: app });
  return { tarballs, app, bin: join(app, 'node_modules', '.bin', 'mlcontainer') };
}
