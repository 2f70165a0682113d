import { mlcError } from '@mlcontainer/plugin-kit';

import type { MirrorLocation, RegistrySettings, SettingsLookup } from '../credential.ts';

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
  readonly insecure?: boolean | undefined;
  /** For which references alone a mirror may be asked. */
  readonly pulls?: MirrorLocation['pulls'] | undefined;
}

/** The registry itself and the places that are asked before it for pulls. */
export interface Endpoints {
  /** For everything that is written. */
  readonly main: Endpoint;
  /** What answers pulls in the end: the registry, or what registries.conf puts in its place. */
  readonly pulls: Endpoint;
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
  const mirrors = (settings.mirrors ?? []).map((mirror) => locatedAt(lookup, mirror, repository));
  const found = await Promise.all(mirrors);
  const { servedAt } = settings;
  const main = endpoint(registry, repository, settings);
  // "Redirection and mirrors are processed only when reading", containers-registries.conf(5).
  const pulls = servedAt === undefined ? main : await locatedAt(lookup, servedAt, repository);
  if (pulls === undefined)
    throw mlcError('MLC6507', { registry, source: settings.source ?? 'the settings' });
  return {
    main,
    pulls,
    mirrors: found.filter((mirror) => mirror !== undefined),
  };
}

async function locatedAt(
  lookup: SettingsLookup,
  mirror: MirrorLocation,
  repository: string,
): Promise<Endpoint | undefined> {
  const [host = '', ...prefix] = mirror.location.split('/');
  const path = mirror.repository ?? [...prefix.filter((part) => part !== ''), repository].join('/');
  const settings = await lookup(host, path);
  if (settings.blocked === true) return undefined;
  return endpoint(host, path, {
    ...settings,
    plainHttp: mirror.plainHttp ?? settings.plainHttp ?? false,
    insecure: mirror.insecure ?? settings.insecure ?? false,
    pulls: mirror.pulls,
  });
}

function endpoint(
  registry: string,
  repository: string,
  settings: RegistrySettings & Pick<Endpoint, 'pulls'>,
): Endpoint {
  const { plainHttp = false, caFile, clientCert, insecure, pulls } = settings;
  const host = registry === 'docker.io' ? DOCKER_HUB : registry;
  const origin = URL.parse(`${plainHttp ? 'http' : 'https'}://${host}`)?.origin;
  if (origin === undefined)
    throw mlcError('MLC6501', { reference: registry, detail: 'it is no registry host' });
  return { registry, repository, origin, plainHttp, caFile, clientCert, insecure, pulls };
}

/** Whether a mirror may be asked for a tag or digest (`pull-from-mirror`, containers-registries.conf(5)). */
export function mayGive({ pulls }: Endpoint, reference: string): boolean {
  const byDigest = reference.includes(':');
  return pulls === undefined || byDigest === (pulls === 'digest-only');
}

/** For messages: `registry/repository`. */
export function nameOf(endpoint: Pick<Endpoint, 'registry' | 'repository'>): string {
  return endpoint.repository === ''
    ? endpoint.registry
    : `${endpoint.registry}/${endpoint.repository}`;
}
