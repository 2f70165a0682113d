import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackages, packPackages, type Tarball } from './pack.ts';
import { output } from './process.ts';
import { publishedPackages } from './workspace.ts';

/** The packed packages, installed as a user would have them, outside the repository. */
export interface Installation {
  readonly tarballs: readonly Tarball[];
  /** A project in which the command line is installed, and nothing that it does not ask for. */
  readonly app: string;
  /** The command line's bin. */
  readonly bin: string;
}

/** Builds and packs all packages below a folder, and installs the command line with what it depends on. */
export async function installPacked(folder: string): Promise<Installation> {
  const packed = join(folder, 'packed');
  const app = join(folder, 'app');
  await mkdir(packed, { recursive: true });
  await buildPackages();
  const tarballs = await packPackages(packed);
  const needed = await closure('mlcontainer');
  await installTarballs(
    app,
    tarballs.filter(({ name }) => needed.includes(name)),
  );
  return { tarballs, app, bin: join(app, 'node_modules', '.bin', 'mlcontainer') };
}

/** Installs tarballs into an empty project; what they need of others comes from the configured registry. */
export async function installTarballs(app: string, tarballs: readonly Tarball[]): Promise<void> {
  await mkdir(app, { recursive: true });
  const manifest = { name: 'app', version: '1.0.0', private: true, type: 'module' };
  await writeFile(join(app, 'package.json'), JSON.stringify(manifest));
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  await output('npm', ['install', ...flags, ...tarballs.map(({ path }) => path)], { cwd: app });
}

/** A package of ours and all packages of ours that it depends on, directly or not. */
async function closure(name: string): Promise<string[]> {
  const packages = await publishedPackages();
  const seen = new Set<string>();
  const visit = (one: string): void => {
    const found = packages.find((entry) => entry.name === one);
    if (!found || seen.has(one)) return;
    seen.add(one);
    Object.keys(found.manifest.dependencies ?? {}).forEach(visit);
  };
  visit(name);
  return [...seen];
}
