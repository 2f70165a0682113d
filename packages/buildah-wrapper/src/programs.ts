import { existsSync } from 'node:fs';
import type { Ports } from '@mlcontainer/plugin-kit';

/** The environment variables of the process that calls. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What this package needs of the outside. */
export interface BuildahContext {
  readonly ports: Ports;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Folders of system programs, which a user's PATH often lacks. */
const SYSTEM = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The search path for the host's programs: the user's, then the system's. */
export function searchPath(env: Env): string {
  const own = (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return [...new Set([...own, ...SYSTEM])].join(':');
}

/** The path of a host program; undefined where there is none. */
export async function findProgram(cx: BuildahContext, name: string): Promise<string | undefined> {
  const system = SYSTEM.map((folder) => `${folder}/${name}`);
  return (await cx.ports.exec.which(name)) ?? system.find((path) => existsSync(path));
}

/** Variables by which buildah finds places for files of its own, all in one folder. */
export function privateFolders(folder: string): Record<string, string> {
  return { HOME: folder, TMPDIR: folder, XDG_RUNTIME_DIR: folder };
}

/** Stands where nothing may be interrupted: removing what was made. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
