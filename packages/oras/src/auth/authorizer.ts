import { mlcError, type ClockPort, type HttpPort } from '@mlcontainer/plugin-kit';

import type { CredentialStore, FoundCredential } from '../credential.ts';
import type { OnRegistryEvent } from '../events.ts';
import { nameOf, type Endpoint } from '../transport/endpoint.ts';
import { createOnce, type Once } from '../once.ts';
import type { Challenge } from './challenge.ts';
import { coversScopes, mergeScopes, parseScopes } from './scope.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';

/** What one request has tried so far, so that no remedy is tried forever. */
export interface AuthAttempts {
  contacted?: boolean;
  widened?: boolean;
  renewed?: number;
  fresh?: boolean;
}

/** A request that was answered 401. */
export interface Refused {
  readonly challenges: readonly Challenge[];
  /** The header that was sent. */
  readonly used: string | undefined;
  readonly scopes: readonly string[];
  readonly attempts: AuthAttempts;
  /** The address that answered. */
  readonly url: string;
  readonly signal: AbortSignal;
}

/** Gives requests to one endpoint their `Authorization`. */
export interface Authorizer {
  /** Undefined where the registry has not asked for one yet. */
  header(scopes: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** Learns from a 401; whether the request may be sent again. */
  learn(refused: Refused): Promise<boolean>;
  /** What is shown, for messages. */
  shown(): { readonly source: string; readonly isAnonymous: boolean };
}

export interface AuthorizerOptions {
  readonly endpoint: Endpoint;
  readonly ports: { readonly http: HttpPort; readonly clock: ClockPort };
  readonly credentials: CredentialStore;
  readonly onEvent: OnRegistryEvent;
}

interface State extends AuthorizerOptions {
  readonly tokens: Map<string, { readonly scopes: readonly string[]; readonly token: Token }>;
  readonly fetching: Once<void>;
  challenge: (Challenge & { readonly url: string }) | undefined;
  /** What the registry wanted beyond what was thought of. */
  extra: readonly string[];
  found: FoundCredential | undefined;
}

const MOST_RENEWALS = 3;
/** A credential is looked up anew that long before its end. Milliseconds. */
const MARGIN = 60_000;

/**
 * The authentication of one repository at one endpoint: nothing before it is asked for; then Basic, or a bearer token
 * for the scopes, cached until shortly before it ends.
 */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const state: State = {
    ...options,
    tokens: new Map(),
    fetching: createOnce(),
    challenge: undefined,
    extra: [],
    found: undefined,
  };
  return {
    header: (scopes, signal) => header(state, scopes, signal),
    learn: (refused) => learn(state, refused),
    shown: () => ({
      source: state.found?.source ?? 'none',
      isAnonymous: (state.found?.credential.kind ?? 'anonymous') === 'anonymous',
    }),
  };
}

async function header(
  state: State,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (state.challenge === undefined) return undefined;
  const { credential } = await credentialOf(state, signal);
  if (credential.kind === 'bearer') return `Bearer ${credential.token}`;
  if (state.challenge.scheme === 'basic')
    return credential.kind === 'basic'
      ? basicAuthorization(credential.username, credential.password)
      : undefined;
  return `Bearer ${await tokenFor(state, mergeScopes(scopes, state.extra), signal)}`;
}

async function credentialOf(
  state: State,
  signal: AbortSignal,
  fresh = false,
): Promise<FoundCredential> {
  const { endpoint, ports, credentials } = state;
  const { found } = state;
  const end = found?.expiresAt?.getTime() ?? Infinity;
  if (found !== undefined && !fresh && ports.clock.now().getTime() < end - MARGIN) return found;
  const { registry, repository } = endpoint;
  const next = await credentials.find(registry, repository, { signal, ...(fresh && { fresh }) });
  const { credential, source, skipped } = next;
  if (found?.source !== source)
    state.onEvent({
      ...{ code: 'credential-found', registry, repository, kind: credential.kind },
      ...{ source, skipped },
    });
  state.found = next;
  return next;
}

/** The cached token that reaches far enough, or a new one. */
async function tokenFor(
  state: State,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const held = heldToken(state, scopes);
  if (held !== undefined) return held;
  const key = scopes.join(' ');
  await state.fetching.run(key, signal, () => obtain(state, key, scopes, signal));
  state.fetching.forget(key);
  const entry = state.tokens.get(key);
  // Another request may have thrown it away in between.
  return entry?.token.token ?? tokenFor(state, scopes, signal);
}

function heldToken({ tokens, ports }: State, scopes: readonly string[]): string | undefined {
  const now = ports.clock.monotonic();
  for (const [key, entry] of tokens) {
    if (entry.token.expires <= now) tokens.delete(key);
    else if (coversScopes(entry.scopes, scopes)) return entry.token.token;
  }
  return undefined;
}

/** Asks for all scopes; without those of other repositories where the server refuses; with a fresh credential at last. */
async function obtain(
  state: State,
  key: string,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const own = scopes.filter((scope) =>
    scope.startsWith(`repository:${state.endpoint.repository}:`),
  );
  const narrower = own.length < scopes.length && own.length > 0 ? [scopes, own] : [scopes];
  let refusal = { refused: 401, text: '' };
  for (const fresh of [false, true]) {
    const before = state.found;
    await credentialOf(state, signal, fresh);
    if (fresh && isSame(before, state.found)) break;
    for (const list of narrower) {
      const outcome = await ask(state, list, signal);
      if ('token' in outcome) {
        state.tokens.set(key, { scopes, token: outcome.token });
        return;
      }
      refusal = outcome;
    }
  }
  throw refusedError(state, refusal);
}

async function ask(state: State, scopes: readonly string[], signal: AbortSignal) {
  const { endpoint, ports, challenge } = state;
  const { credential } = await credentialOf(state, signal);
  return fetchToken(ports, {
    ...{ endpoint, scopes, credential, signal },
    realm: challenge?.params.realm ?? '',
    service: challenge?.params.service,
    namedBy: challenge?.url ?? endpoint.origin,
  });
}

function isSame(a: FoundCredential | undefined, b: FoundCredential | undefined): boolean {
  return JSON.stringify(a?.credential) === JSON.stringify(b?.credential);
}

function refusedError(state: State, refusal: { refused: number; text: string }): Error {
  const { endpoint, found } = state;
  const { registry } = endpoint;
  const [repository, detail] = [nameOf(endpoint), refusal.text];
  if (refusal.refused === 403)
    return mlcError('MLC6504', { registry, repository, action: 'use', detail });
  return mlcError('MLC6503', { registry, repository, source: found?.source ?? 'none', detail });
}

async function learn(state: State, refused: Refused): Promise<boolean> {
  const challenge = choose(refused.challenges);
  if (challenge === undefined) return false;
  const changed = state.challenge?.scheme !== challenge.scheme;
  state.challenge = { ...challenge, url: refused.url };
  if (refused.used === undefined || changed) return firstContact(state, challenge, refused);
  if (challenge.scheme === 'bearer' && widen(state, challenge, refused)) return true;
  return renew(state, refused);
}

/** Bearer before Basic: the token reaches less far than the password. */
function choose(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find(({ scheme, params }) => scheme === 'bearer' && params.realm !== undefined) ??
    challenges.find(({ scheme }) => scheme === 'basic')
  );
}

async function firstContact(
  state: State,
  challenge: Challenge,
  { attempts, scopes, signal }: Refused,
): Promise<boolean> {
  if (attempts.contacted === true) return false;
  attempts.contacted = true;
  const wanted = parseScopes(challenge.params.scope);
  if (!coversScopes(scopes, wanted)) state.extra = mergeScopes(state.extra, wanted);
  const { credential } = await credentialOf(state, signal);
  return (
    challenge.scheme === 'bearer' || credential.kind === 'basic' || credential.kind === 'bearer'
  );
}

/** Another scope than asked for is added once (`insufficient_scope`, RFC 6750). */
function widen(state: State, challenge: Challenge, { attempts, scopes }: Refused): boolean {
  const wanted = parseScopes(challenge.params.scope);
  if (attempts.widened === true || coversScopes(mergeScopes(scopes, state.extra), wanted))
    return false;
  attempts.widened = true;
  state.extra = mergeScopes(state.extra, wanted);
  return true;
}

/**
 * A token that ended early is replaced, with the configured credential, and so may be the next one that ends while
 * the body of the request is made; then the credential itself is looked up anew.
 */
async function renew(state: State, { attempts, used, signal }: Refused): Promise<boolean> {
  for (const [key, { token }] of state.tokens)
    if (used === `Bearer ${token.token}`) state.tokens.delete(key);
  const isToken = state.challenge?.scheme === 'bearer' && state.found?.credential.kind !== 'bearer';
  const { renewed = 0 } = attempts;
  if (isToken && renewed < MOST_RENEWALS) {
    attempts.renewed = renewed + 1;
    return true;
  }
  if (attempts.fresh === true) return false;
  attempts.fresh = true;
  const before = state.found;
  return !isSame(before, await credentialOf(state, signal, true));
}
