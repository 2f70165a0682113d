import { isAbsolute, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where code may be kept between runs, `compiled` by Node or bundled `configs`: below the store's own root, never in a
 * temporary folder that others may write to, since what lies there is run. Undefined where there is no such root.
 */
export function codeCacheFolder(env: Env, name: 'compiled' | 'configs'): string | undefined {
  const root = storeRoot(env);
  return root === undefined ? undefined : join(root, name);
}

/** The store's root as the environment names it: MLCONTAINER_CACHE_DIR, XDG_CACHE_HOME, HOME/.cache; absolute. */
export function storeRoot(env: Env): string | undefined {
  const { MLCONTAINER_CACHE_DIR: own, XDG_CACHE_HOME: xdg, HOME: home } = env;
  const root =
    own ||
    (xdg && join(xdg, 'mlcontainer')) ||
    (home && home !== '/' && join(home, '.cache', 'mlcontainer'));
  return root && isAbsolute(root) ? root : undefined;
}
