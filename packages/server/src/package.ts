import { readFile, readdir } from 'node:fs/promises';
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
 * package, from source and installed alike; also from a bundle, as long as `@mlcontainer/server` is installed.
 */
export async function serverPackage(): Promise<ServerPackage> {
  const manifest = createRequire(import.meta.url).resolve('@mlcontainer/server/package.json');
  const root = join(dirname(manifest), 'python');
  const [{ version }, requirements, modules] = await Promise.all([
    readFile(manifest, 'utf8').then((text) => JSON.parse(text) as { version: string }),
    readRequirements(join(root, 'requirements.txt')),
    readModules(root),
  ]);
  const info = distInfo({ version, requirements, modules });
  return { version, requirements, files: [...modules, ...info].sort(byPath) };
}

async function readRequirements(path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

async function readModules(root: string): Promise<ServerFile[]> {
  const entries = await readdir(join(root, PACKAGE), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(?:py|typed)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({
      path: path.slice(root.length + 1).replaceAll('\\', '/'),
      bytes: new Uint8Array(await readFile(path)),
    })),
  );
}

function byPath(a: ServerFile, b: ServerFile): number {
  return a.path < b.path ? -1 : 1;
}
