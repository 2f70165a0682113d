import { isAbsolute, join } from 'node:path';

/**
 * Where Node may keep compiled code between runs: below the store's own root (MLCONTAINER_CACHE_DIR, XDG_CACHE_HOME,
 * HOME/.cache), never in a temporary folder that others may write to, since what lies there is run. Undefined where
 * none of these is set.
 */
export function compileCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { MLCONTAINER_CACHE_DIR: own, XDG_CACHE_HOME: xdg, HOME: home } = env;
  const root =
    own ||
    (xdg && join(xdg, 'mlcontainer')) ||
    (home && home !== '/' && join(home, '.cache', 'mlcontainer'));
  return root && isAbsolute(root) ? join(root, 'compiled') : undefined;
}
