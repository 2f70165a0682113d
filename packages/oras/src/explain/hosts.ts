import type { SettingsLookup } from '../credential.ts';
import { registryKey } from '../credentials/auth-key.ts';
import { explicitFor, type ExplicitCredential } from '../credentials/explicit.ts';
import { googleHosts } from '../credentials/google/addresses.ts';
import { isGoogleRegistry } from '../credentials/google/hosts.ts';
import type { Env } from '../credentials/look.ts';
import { endpointsOf, type Endpoint } from '../transport/endpoint.ts';

/** A host that a registry's repository is reached at. */
export interface RegistryHost {
  /** `host[:port]`; a sentence where only the registry's own answers will tell. */
  readonly host: string;
  readonly purpose: string;
  /** The file that says so, or `default`. */
  readonly source: string;
}

/** Whose hosts are asked for, and what says how it is reached. */
export interface RegistryHostsOptions {
  readonly registry: string;
  readonly repository: string;
  readonly settings: SettingsLookup;
  readonly env: Env;
  readonly explicit?: Readonly<Record<string, ExplicitCredential>>;
  /** For `pull`, mirrors count. */
  readonly access: 'pull' | 'push';
}

/**
 * The hosts that using a repository may lead to, as far as they are known before anybody is asked: the registry, its
 * mirrors, Google's endpoints where Google's credentials are shown. What the registry itself names (its token server,
 * its storage) is told as a line of its own.
 */
export async function registryHosts(options: RegistryHostsOptions): Promise<RegistryHost[]> {
  const { registry, repository, settings, access } = options;
  const { source = 'default' } = await settings(registry, repository);
  const { main, mirrors } = await endpointsOf(settings, registry, repository);
  const places = access === 'pull' ? [...mirrors, main] : [main];
  const purpose = access === 'pull' ? 'image registry, to read' : 'image registry, to write';
  const hosts = places.map((place) => ({ host: hostOf(place), purpose, source }));
  const named = {
    host: `what ${hostOf(main)} names for tokens and blobs`,
    purpose: 'tokens and blobs',
    source: 'its own answers, over https',
  };
  return [...hosts, named, ...(await googleLines(options, places))];
}

function hostOf({ origin }: Endpoint): string {
  return new URL(origin).host;
}

async function googleLines(
  { env, explicit = {} }: RegistryHostsOptions,
  places: readonly Endpoint[],
): Promise<RegistryHost[]> {
  const wants = places.some(({ registry }) => {
    const said = explicitFor(explicit, registryKey(registry));
    return said === 'google' || (said === undefined && isGoogleRegistry(registryKey(registry)));
  });
  if (!wants) return [];
  const hosts = await googleHosts(env);
  return hosts.map((host) => ({ host, purpose: 'Google credentials', source: 'Google' }));
}
