/** Docker Hub has had several names; files and helpers use any of them. */
const DOCKER_HUB: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
]);

/** What helpers know Docker Hub by. */
export const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/';

/** A registry host as credentials are looked up by it: lower case; Docker Hub is `docker.io`. */
export function registryKey(registry: string): string {
  const host = registry.toLowerCase();
  return DOCKER_HUB.has(host) ? 'docker.io' : host;
}

/** What a key of an auth file holds good for: a host, and the repositories below a path. */
export interface AuthScope {
  readonly registry: string;
  /** Empty for all of the host. */
  readonly path: string;
}

/**
 * Reads a key of `auths` (Docker CLI configuration file; containers-auth.json(5)): `host[:port]`, `host/namespace`,
 * or an address as old versions of Docker wrote it (`https://host/v1/`).
 */
export function parseAuthKey(key: string): AuthScope {
  const bare = key.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  const [host, path] = slash < 0 ? [bare, ''] : [bare.slice(0, slash), bare.slice(slash + 1)];
  return { registry: registryKey(host), path: /^v[12]$/.test(path) ? '' : path };
}

/**
 * The key that fits a repository best: its host must be the very same, and of several the longest path counts
 * (containers-auth.json(5)). A key written as the host itself goes before one written as an address.
 */
export function bestAuthKey(
  keys: readonly string[],
  registry: string,
  repository: string,
): string | undefined {
  let best: { key: string; length: number } | undefined;
  for (const key of keys) {
    const scope = parseAuthKey(key);
    if (scope.registry !== registry || !covers(scope.path, repository)) continue;
    const length = scope.path.length * 2 + (key.includes('://') ? 0 : 1);
    if (best === undefined || length > best.length) best = { key, length };
  }
  return best?.key;
}

function covers(path: string, repository: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}
