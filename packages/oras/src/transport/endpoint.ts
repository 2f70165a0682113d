import { mlcError } from '@mlcontainer/plugin-kit';

import type { RegistrySettings, SettingsLookup } from '../credential.ts';

/** Where a repository is reached: at the registry, or at one of its mirrors. */
export interface Endpoint {
  /** `host[:port]` as references and credentials name it. */
  readonly registry: string;
  /** With a mirror's prefix. */
  readonly repository: string;
  /** `https://registry-1.docker.io` */
  readonly origin: string;
  readonly plainHttp: boolean;
  readonly caFile?: string | undefined;
  readonly clientCert?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** The registry itself and the places that are asked before it for pulls. */
export interface Endpoints {
  readonly main: Endpoint;
  readonly mirrors: readonly Endpoint[];
}

/** docker.io is a name in references alone; its registry is served here. */
const DOCKER_HUB = 'registry-1.docker.io';

/** Looks the settings up. Throws MLC6507 where the registry is blocked. */
export async function endpointsOf(
  lookup: SettingsLookup,
  registry: string,
  repository: string,
): Promise<Endpoints> {
  const settings = await lookup(registry, repository);
  if (settings.blocked === true)
    throw mlcError('MLC6507', { registry, source: settings.source ?? 'the settings' });
  const mirrors = (settings.mirrors ?? []).map((mirror) => mirrorOf(lookup, mirror, repository));
  const found = await Promise.all(mirrors);
  return {
    main: endpoint(registry, repository, settings),
    mirrors: found.filter((mirror) => mirror !== undefined),
  };
}

async function mirrorOf(
  lookup: SettingsLookup,
  mirror: NonNullable<RegistrySettings['mirrors']>[number],
  repository: string,
): Promise<Endpoint | undefined> {
  const [host = '', ...prefix] = mirror.location.split('/');
  const path = [...prefix.filter((part) => part !== ''), repository].join('/');
  const settings = await lookup(host, path);
  if (settings.blocked === true) return undefined;
  return endpoint(host, path, {
    ...settings,
    plainHttp: mirror.plainHttp ?? settings.plainHttp ?? false,
  });
}

function endpoint(registry: string, repository: string, settings: RegistrySettings): Endpoint {
  const { plainHttp = false, caFile, clientCert } = settings;
  const host = registry === 'docker.io' ? DOCKER_HUB : registry;
  const origin = URL.parse(`${plainHttp ? 'http' : 'https'}://${host}`)?.origin;
  if (origin === undefined)
    throw mlcError('MLC6501', { reference: registry, detail: 'it is no registry host' });
  return { registry, repository, origin, plainHttp, caFile, clientCert };
}

/** For messages: `registry/repository`. */
export function nameOf(endpoint: Pick<Endpoint, 'registry' | 'repository'>): string {
  return endpoint.repository === ''
    ? endpoint.registry
    : `${endpoint.registry}/${endpoint.repository}`;
}
