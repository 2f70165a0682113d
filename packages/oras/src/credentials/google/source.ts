import { readFile } from 'node:fs/promises';

import { mlcError } from '@mlcontainer/plugin-kit';

import { skip, type Looked, type Surroundings, type Target } from '../look.ts';
import { createShared } from '../shared.ts';
import { parseObject, reasonOf, type AccessToken, type Flow } from './exchange.ts';
import { tokenByFile } from './flows.ts';
import { isGoogleRegistry } from './hosts.ts';
import { metadataHost, tokenByMetadata } from './metadata.ts';
import { credentialsPath } from './path.ts';

/** Google's application default credentials, for registries. */
export interface GoogleSource {
  /** `chosen`: the configuration names Google for this registry, whatever its host. */
  look(target: Target, chosen: boolean): Promise<Looked>;
  /** The next look asks for a new token. */
  forget(): void;
}

/** The name that Google's registries want beside an access token. */
const USERNAME = 'oauth2accesstoken';
/** A token is given up that long before it expires. Milliseconds. */
const MARGIN_MS = 60_000;

/**
 * Tokens by Application Default Credentials (cloud.google.com/docs/authentication): the file of
 * GOOGLE_APPLICATION_CREDENTIALS, that of gcloud, the metadata server. A token is asked for once and used for all of
 * Google's registries. Throws MLC6801 where the file of the variable cannot be used.
 */
export function googleSource(around: Surroundings): GoogleSource {
  const tokens = createShared<Looked>();
  return {
    async look({ registry, signal }, chosen) {
      if (!chosen && !isGoogleRegistry(registry)) {
        return skip('Google', `${registry} is none of Google's own registries`);
      }
      const run = (own: AbortSignal): Promise<Looked> => search({ ...around, signal: own });
      const held = await tokens.get('token', signal, run);
      if (!isStale(held, around)) return held;
      tokens.forget(() => true);
      return tokens.get('token', signal, run);
    },
    forget: () => tokens.forget(() => true),
  };
}

function isStale(held: Looked, { ports }: Surroundings): boolean {
  return 'expiresAt' in held && (held.expiresAt ?? 0) <= ports.clock.now();
}

async function search(flow: Flow): Promise<Looked> {
  const byFile = await lookInFile(flow);
  if ('credential' in byFile) return byFile;
  const source = `Google metadata server (${metadataHost(flow.env) ?? 'none'})`;
  const byMachine = await attempt(flow, source, () => tokenByMetadata(flow));
  if ('credential' in byMachine) return byMachine;
  return { skipped: [...byFile.skipped, ...byMachine.skipped] };
}

async function lookInFile(flow: Flow): Promise<Looked> {
  const place = credentialsPath(flow.env);
  if (place === undefined) return skip('Google credentials file', 'HOME is not set');
  const { path, named } = place;
  const source = named ? `${path} (GOOGLE_APPLICATION_CREDENTIALS)` : path;
  const text = await readCredentials(path, source, named);
  if (text === undefined) return skip(source, 'no such file, or it cannot be read');
  return attempt(flow, source, () => tokenByFile(flow, parseObject(text, 'the file')));
}

async function readCredentials(
  path: string,
  name: string,
  required: boolean,
): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!required) return undefined;
    const detail = `it cannot be read (${String((error as NodeJS.ErrnoException).code)})`;
    throw mlcError('MLC6801', { path: name, detail }, { cause: error });
  }
}

async function attempt(
  flow: Flow,
  source: string,
  get: () => Promise<AccessToken>,
): Promise<Looked> {
  try {
    const { token, expiresAt } = await get();
    const credential = { kind: 'basic', username: USERNAME, password: token } as const;
    return { credential, source, expiresAt: new Date(expiresAt.getTime() - MARGIN_MS) };
  } catch (error) {
    flow.signal.throwIfAborted();
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return skip(source, reason);
  }
}
