import { createHttp } from '@mlcontainer/node-ports';
import { fakeClock, type TestRegistry } from '@mlcontainer/testing';

import { createRegistryClient } from '../../src/client.ts';
import type { Credential, CredentialStore, RegistrySettings } from '../../src/credential.ts';
import { anonymousCredentials } from '../../src/defaults.ts';
import type { RegistryEvent } from '../../src/events.ts';
import type { RegistryClientOptions } from '../../src/registry.ts';

export const signal = new AbortController().signal;

/** Whether this address of the test is spoken to without TLS. */
function plain(registry: string): RegistrySettings {
  return { plainHttp: !registry.includes('tls') };
}

/** A client over the real HTTP port, with a clock that does not wait, and what it told. */
export function testClient(options: Partial<RegistryClientOptions> = {}) {
  const clock = fakeClock();
  const events: RegistryEvent[] = [];
  const timeouts = { stall: 500, headers: 1000, send: 500, commit: 1000 };
  const http = createHttp({ env: {}, clock, timeouts });
  const client = createRegistryClient({
    ports: { http, clock },
    credentials: anonymousCredentials,
    settings: (registry) => Promise.resolve(plain(registry)),
    onEvent: (event) => events.push(event),
    ...options,
  });
  const codes = (): string[] => events.map(({ code }) => code);
  return { client, clock, events, codes, http };
}

/** The same with one repository of a test's registry. */
export function testRepository(
  registry: Pick<TestRegistry, 'host'>,
  repository: string,
  options: Partial<RegistryClientOptions> = {},
) {
  const made = testClient(options);
  return { ...made, repository: made.client.repository({ registry: registry.host, repository }) };
}

/** One credential for every registry; how often it was asked for anew is counted. */
export function credentialsOf(...given: readonly Credential[]) {
  const asked = { times: 0, fresh: 0 };
  const store: CredentialStore = {
    find: (_registry, _repository, { fresh = false }) => {
      const at = Math.min(asked.fresh + (fresh ? 1 : 0), given.length - 1);
      asked.times += 1;
      if (fresh) asked.fresh += 1;
      const credential = given[at] ?? { kind: 'anonymous' };
      return Promise.resolve({ credential, source: `test ${at}`, skipped: [] });
    },
  };
  return { store, asked };
}

/** `GET manifest 200`, for each request to the registry. */
export function asked(registry: Pick<TestRegistry, 'journal'>): string[] {
  return registry.journal.entries
    .filter(({ server }) => server === 'registry')
    .map(({ method, endpoint, status }) => `${method} ${endpoint} ${status}`);
}
