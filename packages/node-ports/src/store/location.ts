import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import { variable, type Environment } from '../environment.ts';
import type { StoreOptions } from './store.ts';

/**
 * Where the store stands: the folder that is asked for, MLCONTAINER_CACHE_DIR, XDG_CACHE_HOME (XDG Base
 * Directory Specification: absolute, or ignored), HOME/.cache. `mlcontainer-<uid>` in the temporary folder takes
 * the writes where that place may only be read, and stands in where there is none. Needs no passwd entry.
 */
export function storeLocation(env: Environment, cacheDir?: string): StoreOptions {
  const uid = process.getuid?.() ?? 0;
  const temporary = join(variable(env, 'TMPDIR') ?? tmpdir(), `mlcontainer-${uid}`);
  const root = configuredRoot(env, cacheDir);
  return root === undefined ? { root: temporary, exclusive: true } : { root, fallback: temporary };
}

function configuredRoot(env: Environment, cacheDir: string | undefined): string | undefined {
  const asked = cacheDir ?? variable(env, 'MLCONTAINER_CACHE_DIR');
  if (asked !== undefined) return resolve(asked);
  const xdg = variable(env, 'XDG_CACHE_HOME');
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'mlcontainer');
  const home = variable(env, 'HOME');
  return home !== undefined && isAbsolute(home) && home !== '/'
    ? join(home, '.cache', 'mlcontainer')
    : undefined;
}
