import { join } from 'node:path';

import type { AuthPlace } from './auth-file.ts';
import { variable, type Surroundings } from './look.ts';

/**
 * Where auth files are looked for, in this order: what the environment names (REGISTRY_AUTH_FILE of podman,
 * DOCKER_AUTH_CONFIG and DOCKER_CONFIG of Docker), podman's own files (containers-auth.json(5)), Docker's own.
 */
export function authPlaces(around: Surroundings): readonly AuthPlace[] {
  const { env } = around;
  const home = variable(env, 'HOME');
  const folder = variable(env, 'DOCKER_CONFIG');
  return [
    ...named('REGISTRY_AUTH_FILE', variable(env, 'REGISTRY_AUTH_FILE'), true),
    ...inline(variable(env, 'DOCKER_AUTH_CONFIG')),
    ...named('DOCKER_CONFIG', folder === undefined ? undefined : join(folder, 'config.json')),
    ...podmanPlaces(around),
    ...(folder !== undefined || home === undefined
      ? []
      : [usual(join(home, '.docker', 'config.json'))]),
  ];
}

function named(variableName: string, path: string | undefined, required = false): AuthPlace[] {
  if (path === undefined) return [];
  return [{ name: `${path} (${variableName})`, path, named: true, required }];
}

/** DOCKER_AUTH_CONFIG holds the JSON itself, as GitLab's runner and newer Docker versions have it. */
function inline(text: string | undefined): AuthPlace[] {
  if (text === undefined) return [];
  return [{ name: 'DOCKER_AUTH_CONFIG', text, named: true, required: true }];
}

function usual(path: string): AuthPlace {
  return { name: path, path, named: false, required: false };
}

function podmanPlaces({ env, uid }: Surroundings): AuthPlace[] {
  const home = variable(env, 'HOME');
  const runtime = variable(env, 'XDG_RUNTIME_DIR');
  const config = variable(env, 'XDG_CONFIG_HOME') ?? (home && join(home, '.config'));
  const paths = [
    runtime === undefined
      ? uid !== undefined && join('/run/containers', String(uid), 'auth.json')
      : join(runtime, 'containers', 'auth.json'),
    config !== undefined && join(config, 'containers', 'auth.json'),
  ];
  return paths.filter((path) => path !== false).map(usual);
}
