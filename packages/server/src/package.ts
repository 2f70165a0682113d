import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { distInfo } from './dist-info.ts';

/** One file of the server, to be laid below site-packages. */
export interface ServerFile {
  /** Relative to site-packages, `/`-separated: `mlcontainer_server/app.py`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The server as a Python distribution that is already unpacked. */
export interface ServerPackage {
  /** PEP 440 version, that of this npm package. */
  readonly version: string;
  /** PEP 508 requirements. */
  readonly requirements: readonly string[];
  /** Modules and dist-info (PyPA specification "Recording installed projects"), sorted by path. */
  readonly files: readonly ServerFile[];
}

const PACKAGE = 'mlcontainer_server';

/**
 * The Python inference server with its metadata: the same bytes on every machine. Reads the files of this npm
 * package, from source and installed alike; also from a bundle, as long as `@mlcontainer/server` is installed. They are
 * some thirty small ones, and every plan needs them: read without a turn of the event loop for each.
 */
export function serverPackage(): Promise<ServerPackage> {
  return new Promise((resolve) => resolve(readPackage()));
}

function readPackage(): ServerPackage {
  const manifest = createRequire(import.meta.url).resolve('@mlcontainer/server/package.json');
  const root = join(dirname(manifest), 'python');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const requirements = readRequirements(join(root, 'requirements.txt'));
  const modules = readModules(root);
  const info = distInfo({ version, requirements, modules });
  return { version, requirements, files: [...modules, ...info].sort(byPath) };
}

function readRequirements(path: string): string[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function readModules(root: string): ServerFile[] {
  return readdirSync(join(root, PACKAGE), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:py|typed)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: path.slice(root.length + 1).replaceAll('\\', '/'),
      bytes: new Uint8Array(readFileSync(path)),
    }));
}

function byPath(a: ServerFile, b: ServerFile): number {
  return a.path < b.path ? -1 : 1;
}
