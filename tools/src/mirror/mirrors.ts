import { mkdir, readFile } from 'node:fs/promises';
import { output } from '../process.ts';
import { serveDebian } from './debian-cache.ts';
import { serveWheels } from './wheel-index.ts';
import { join } from 'node:path';

/** Local mirrors of what a build fetches, on the loopback interface. */
export interface Mirrors {
  /** Base URL of the wheel index's server; the index is at `/simple/`. */
  readonly index: string;
  /** Base URL of the Debian mirrors' server; they are at `/debian` and `/debian-security`. */
  readonly debian: string;
  stop(): Promise<void>;
}

/** Serves a folder's wheels, and Debian through a cache in the folder; see {@link downloadWheels}. */
export async function serveMirrors(folder: string): Promise<Mirrors> {
  const index = await serveWheels(wheelFolder(folder));
  const debian = await serveDebian(join(folder, 'debian'));
  const stop = async () => void (await Promise.all([index.stop(), debian.stop()]));
  return { index: index.url, debian: debian.url, stop };
}

/** The environment in which a build asks these mirrors alone. */
export function mirrorEnvironment({ index, debian }: Mirrors): Record<string, string> {
  return {
    MLCONTAINER_DEBIAN_MIRROR: `${debian}/debian`,
    MLCONTAINER_DEBIAN_SECURITY_MIRROR: `${debian}/debian-security`,
    PIP_CONFIG_FILE: '/dev/null',
    PIP_INDEX_URL: `${index}/simple/`,
    PIP_EXTRA_INDEX_URL: '',
    PIP_FIND_LINKS: '',
    UV_DEFAULT_INDEX: `${index}/simple/`,
  };
}

/** Where the wheels of a mirror folder lie. */
export function wheelFolder(folder: string): string {
  return join(folder, 'wheels');
}

/** Downloads wheels for Python 3.11 into a mirror folder, as this machine's pip is configured. */
export async function downloadWheels(
  folder: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const dest = wheelFolder(folder);
  await mkdir(dest, { recursive: true });
  const flags = [
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary=:all:',
    '--python-version=3.11',
    '--dest',
    dest,
  ];
  await output('python3', ['-m', 'pip', 'download', ...flags, ...args], signal ? { signal } : {});
}

/** The names and versions of the wheels that a lock pins, as requirements. */
export async function lockedWheels(lock: string): Promise<string[]> {
  const files = [
    ...(await readFile(lock, 'utf8')).matchAll(/"([A-Za-z0-9_.]+)-([^-"/]+)-[^"/]*\.whl"/g),
  ];
  return [...new Set(files.map(([, name = '', version = '']) => `${name}==${version}`))].toSorted();
}
