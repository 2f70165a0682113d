import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from './process.ts';
import { ROOT } from './task.ts';
import { publishedPackages, type WorkspacePackage } from './workspace.ts';

/** A packed package. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the `.tgz`. */
  readonly path: string;
}

/** Keys of package.json that concern this workspace alone. */
const WORKSPACE_KEYS = ['scripts', 'devDependencies', 'nx'];

/** Builds every package from a clean `dist`. Rejects when one does not compile. */
export async function buildPackages(signal?: AbortSignal): Promise<void> {
  const packages = await publishedPackages();
  // A file whose source is gone would be shipped on; Nx puts back what its cache holds.
  await Promise.all(
    packages.map(({ folder }) => rm(join(folder, 'dist'), { recursive: true, force: true })),
  );
  const args = ['run-many', '--target=build', '--outputStyle=static'];
  await output('nx', args, { cwd: ROOT, ...(signal ? { signal } : {}) });
}

/** Packs built packages as they are published: README and licence beside the code, workspace keys left out. */
export async function packPackages(folder: string, signal?: AbortSignal): Promise<Tarball[]> {
  const packages = await publishedPackages();
  const staging = join(folder, 'staging');
  const stages = await Promise.all(packages.map((entry) => stage(entry, staging)));
  const args = ['pack', '--json', '--loglevel=error', '--pack-destination', folder, ...stages];
  const listed = JSON.parse(
    await output('npm', args, { cwd: folder, ...(signal ? { signal } : {}) }),
  ) as unknown;
  await rm(staging, { recursive: true });
  return packed(listed).map(({ name, version, filename }) => ({
    name,
    version,
    path: join(folder, filename),
  }));
}

type PackEntry = Readonly<Record<'name' | 'version' | 'filename', string>>;

/** npm 10 prints a list, npm 11.19 an object by package name. */
function packed(listed: unknown): PackEntry[] {
  const entries = Array.isArray(listed) ? listed : Object.values(listed as Record<string, unknown>);
  return entries as PackEntry[];
}

async function stage(
  { name, folder, manifest }: WorkspacePackage,
  staging: string,
): Promise<string> {
  const target = join(staging, name.replace('/', '__'));
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(folder))
    if (belongs(entry, manifest.files ?? []))
      await cp(join(folder, entry), join(target, entry), { recursive: true });
  await cp(join(ROOT, 'LICENSE'), join(target, 'LICENSE'));
  await writeFile(
    join(target, 'package.json'),
    `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`,
  );
  return target;
}

function belongs(entry: string, files: readonly string[]): boolean {
  return (
    entry === 'README.md' || files.some((file) => file === entry || file.startsWith(`${entry}/`))
  );
}

/** The package.json that is published: without the workspace's keys, and without the condition that leads to sources. */
export function publishedManifest<T extends object>(manifest: T): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([key]) => !WORKSPACE_KEYS.includes(key));
  return withoutSource(Object.fromEntries(kept)) as Record<string, unknown>;
}

function withoutSource(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => key !== '@mlcontainer/source')
    .map(([key, inner]) => [key, withoutSource(inner)] as const);
  // What only this workspace may import, such as the table that the reference is made of, has nothing left.
  return Object.fromEntries(kept.filter(([, inner]) => !isEmptyRecord(inner)));
}

function isEmptyRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
