import { nodePorts } from '@mlcontainer/node-ports';
import { startDockerRegistry, startRegistry } from '@mlcontainer/testing';
import { createRegistryClient } from '../../src/client.ts';
import { anonymousCredentials } from '../../src/defaults.ts';
import type { Repository } from '../../src/registry.ts';

/** A registry on loopback, with repositories to write to. */
export interface Place extends AsyncDisposable {
  readonly host: string;
  repository(name: string): Repository;
}

/** Starts one of the registries that tests write to. */
export async function startPlace(kind: PlaceKind, folder: string): Promise<Place> {
  const registry = await STARTERS[kind](folder);
  const ports = nodePorts({ env: {}, cacheDir: folder });
  const client = createRegistryClient({
    ports,
    credentials: anonymousCredentials,
    settings: () => Promise.resolve({ plainHttp: true }),
  });
  return {
    host: registry.host,
    repository: (name) => client.repository({ registry: registry.host, repository: name }),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

const STARTERS = {
  'docker-registry': (folder: string) => startDockerRegistry(folder),
  'strict registry': () => startRegistry(),
};

export type PlaceKind = keyof typeof STARTERS;
export const PLACES = Object.keys(STARTERS) as readonly PlaceKind[];
