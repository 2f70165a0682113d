import {
  createCredentialStore,
  createRegistryClient,
  parseReference,
  registrySettings,
  type RegistryClient,
  type RegistryEvent,
  type Repository,
  type SchemeMemory,
} from '@mlcontainer/oras';
import type { RegistriesConfig, StorePort } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { explicitOf } from './explicit.ts';

/** A repository as this machine and the config say it is reached. */
export function openRepository(cx: EngineContext, repository: string): Repository {
  const registries = cx.registries ?? { config: undefined, root: cx.cwd };
  registries.client ??= makeClient(cx, registries.config ?? {}, registries.root);
  return registries.client.repository(parseReference(repository));
}

function makeClient(cx: EngineContext, config: RegistriesConfig, root: string): RegistryClient {
  const { env, ports } = cx;
  return createRegistryClient({
    ports,
    credentials: createCredentialStore({ env, ports, explicit: explicitOf(config) }),
    settings: registrySettings({
      ...{ env, config, root, http: ports.http },
      schemes: schemesIn(ports.store),
    }),
    onEvent: (event) => tell(cx, event),
  });
}

const SCHEME = 'insecure-registry';

function schemesIn(store: StorePort): SchemeMemory {
  return {
    wasPlain: async (host) => (await store.readRecord(SCHEME, host)) === 'http',
    keep: (host, isPlain) => store.writeRecord(SCHEME, host, isPlain ? 'http' : 'https'),
  };
}

/** What a registry warns of is told to everybody; how it was reached, to who asks for details. */
function tell(cx: EngineContext, event: RegistryEvent): void {
  if (event.code === 'registry-warning') {
    cx.host.notify({ code: 'warning', message: `${event.registry}: ${event.text}` });
  } else cx.host.notify({ code: 'detail', message: detailOf(event) });
}

function detailOf(event: Exclude<RegistryEvent, { code: 'registry-warning' }>): string {
  switch (event.code) {
    case 'credential-found': {
      const skipped = event.skipped.map(({ source, reason }) => `; ${source}: ${reason}`).join('');
      return `${event.registry}: ${event.kind} credential from ${event.source}${skipped}`;
    }
    case 'mirror-skipped':
      return `${event.registry}: mirror ${event.mirror} passed over: ${event.reason}`;
    case 'mount-refused':
      return `${event.name}: no mount of ${event.digest} from ${event.from}: ${event.reason}`;
    case 'upload-retried':
      return `${event.name}: upload of ${event.digest} begins again after attempt ${event.attempt}: ${event.reason}`;
    case 'upload-form':
      return `${event.name}: uploads go by ${event.form}`;
  }
}
