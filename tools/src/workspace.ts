import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { glob } from 'node:fs/promises';
import { ROOT } from './task.ts';

/** A package of this workspace. */
export interface WorkspacePackage {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** What of a package.json the tools read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly private?: boolean;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The packages that are published: all under packages/ and plugins/ that are not private, by name. */
export async function publishedPackages(): Promise<WorkspacePackage[]> {
  const found: WorkspacePackage[] = [];
  for await (const path of glob('{packages,plugins}/*/package.json', { cwd: ROOT })) {
    const manifest = JSON.parse(await readFile(join(ROOT, path), 'utf8')) as Manifest;
    if (manifest.private !== true)
      found.push({ name: manifest.name, folder: dirname(join(ROOT, path)), manifest });
  }
  return found.toSorted((a, b) => a.name.localeCompare(b.name));
}
