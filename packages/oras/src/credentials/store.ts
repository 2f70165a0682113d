import { mlcError, type Ports } from '@mlcontainer/plugin-kit';

import type { Credential, CredentialStore, FoundCredential, SkippedSource } from '../credential.ts';
import { lookInAuthFile } from './auth-file.ts';
import { registryKey } from './auth-key.ts';
import { explicitFor, explicitLogin, type ExplicitCredential } from './explicit.ts';
import { googleSource, type GoogleSource } from './google/source.ts';
import { helperAsker, type AskHelper } from './helper.ts';
import type { Env, Looked, Surroundings, Target } from './look.ts';
import { authPlaces } from './places.ts';
import { createShared } from './shared.ts';

/** Where credentials come from. */
export interface CredentialStoreOptions {
  /** The environment of the process, handed in: HOME, XDG folders, DOCKER_CONFIG and the others. */
  readonly env: Env;
  readonly ports: Pick<Ports, 'http' | 'exec' | 'clock'>;
  /** By exact registry host (`host[:port]`); goes before everything else. */
  readonly explicit?: Readonly<Record<string, ExplicitCredential>>;
  /** The number of the user; podman's default path has it. The process's own when left out. */
  readonly uid?: number;
}

interface State extends Surroundings {
  readonly explicit: Readonly<Record<string, ExplicitCredential>>;
  readonly ask: AskHelper;
  readonly google: GoogleSource;
}

/**
 * Finds credentials where Docker, podman and Google's tools keep them: what the configuration says, then auth files
 * and their helpers (`authPlaces` has the order), then Google's application default credentials for Google's own
 * registries. Each lookup is made once and held until it expires; `fresh` makes it anew. Throws MLC6801 for a file
 * that was named and cannot be used, MLC6802 where the configuration asks for credentials that are not there,
 * MLC6803 for a variable that is not set.
 */
export function createCredentialStore(options: CredentialStoreOptions): CredentialStore {
  const { env, ports, explicit = {}, uid = process.getuid?.() } = options;
  const around = { env, ports, uid };
  const helpers = createShared<Credential | string>();
  const lookups = createShared<FoundCredential>();
  const google = googleSource(around);
  const state: State = { ...around, explicit, ask: helperAsker(around, helpers), google };
  return {
    async find(registry, repository, { signal, fresh = false }) {
      const host = registryKey(registry);
      const key = `${host}/${repository}`;
      const forget = (): void => lookups.forget((held) => held === key);
      if (fresh) {
        forget();
        helpers.forget((held) => held.endsWith(`\n${host}`));
        google.forget();
      }
      const run = (own: AbortSignal): Promise<FoundCredential> =>
        search(state, { registry: host, repository, signal: own });
      const found = await lookups.get(key, signal, run);
      if (found.expiresAt === undefined || found.expiresAt > ports.clock.now()) return found;
      forget();
      return lookups.get(key, signal, run);
    },
  };
}

async function search(state: State, target: Target): Promise<FoundCredential> {
  const said = explicitFor(state.explicit, target.registry);
  const skipped: SkippedSource[] = [];
  for (const look of lookers(state, target, said)) {
    const looked = await look();
    skipped.push(...(looked.skipped ?? []));
    if ('credential' in looked) return { ...looked, skipped };
  }
  if (said === 'google' || said === 'docker') {
    throw mlcError('MLC6802', { registry: target.registry, wanted: said, skipped });
  }
  return { credential: { kind: 'anonymous' }, source: 'none', skipped };
}

/** What to ask, in order. */
function lookers(
  state: State,
  target: Target,
  said: ExplicitCredential | undefined,
): readonly (() => Promise<Looked>)[] {
  const files = (): (() => Promise<Looked>)[] =>
    authPlaces(state).map((place) => () => lookInAuthFile(place, target, state.ask));
  const google = (): Promise<Looked> => state.google.look(target, said === 'google');
  if (said === undefined) return [...files(), google];
  if (said === 'none') {
    const source = 'configuration: none';
    return [() => Promise.resolve({ credential: { kind: 'anonymous' }, source })];
  }
  if (said === 'google') return [google];
  if (said === 'docker') return files();
  return [() => Promise.resolve(explicitLogin(said, target.registry, state.env))];
}
