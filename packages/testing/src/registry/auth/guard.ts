import type { Call, Reply } from '../exchange.ts';
import type { Profile } from '../profiles.ts';
import { refuse } from '../refusal.ts';
import type { Route } from '../routes.ts';
import { neededScopes, writeScopes, type Scope } from './scopes.ts';
import {
  basicUser,
  isGranted,
  type Action,
  type Authentication,
  type BasicAuthentication,
  type BearerAuthentication,
} from './settings.ts';
import { serviceOf } from './token-endpoint.ts';
import { covers, type Tokens } from './tokens.ts';

/** What a credential opens. */
export type Covers = (repository: string, action: Action) => boolean;

/** Decides on one request: what its credential covers, or the answer that refuses it. */
export type Guard = (
  call: Call,
  route: Route,
) => { readonly covers: Covers } | { readonly refusal: Reply };

const OPEN: Covers = () => true;

/** The guard of a registry. */
export function createGuard(
  authentication: Authentication,
  profile: Profile,
  bearer: { readonly tokens: Tokens; readonly realm: () => string } | undefined,
): Guard {
  const needs = (call: Call, route: Route): readonly Scope[] => {
    const challenged = profile.uncoveredMount === 'challenge' && call.query.has('mount');
    const from = challenged ? (call.query.get('from') ?? undefined) : undefined;
    return neededScopes(call.method, route, from);
  };
  if (authentication.kind === 'basic')
    return (call, route) => byBasic(authentication, call, needs(call, route));
  if (authentication.kind === 'bearer' && bearer !== undefined)
    return (call, route) => byToken({ authentication, ...bearer }, call, needs(call, route));
  return () => ({ covers: OPEN });
}

function byBasic(
  authentication: BasicAuthentication,
  call: Call,
  needed: readonly Scope[],
): ReturnType<Guard> {
  const found = basicUser(call.headers.authorization, authentication.users);
  if (found === 'refused' || (found === undefined && !isOpen(authentication, needed))) {
    const headers = { 'www-authenticate': 'Basic realm="registry"' };
    return { refusal: refuse('UNAUTHORIZED', { headers }) };
  }
  const holds: Covers = (repository, action) =>
    isGranted(authentication, found?.user ?? '', repository, action);
  return areCovered(needed, holds) ? { covers: holds } : { refusal: refuse('DENIED') };
}

function isOpen(authentication: BasicAuthentication, needed: readonly Scope[]): boolean {
  const open: Covers = (repository, action) => isGranted(authentication, '', repository, action);
  return needed.length > 0 && areCovered(needed, open);
}

interface Bearer {
  readonly authentication: BearerAuthentication;
  readonly tokens: Tokens;
  readonly realm: () => string;
}

function byToken(bearer: Bearer, call: Call, needed: readonly Scope[]): ReturnType<Guard> {
  const header = call.headers.authorization;
  if (header === undefined) return { refusal: challenge(bearer, needed) };
  const token = /^Bearer (\S+)$/i.exec(header)?.[1];
  const found = token === undefined ? undefined : bearer.tokens.find(token);
  if (found === undefined || found === 'expired')
    return { refusal: challenge(bearer, needed, 'invalid_token') };
  const holds: Covers = (repository, action) => covers(found, repository, action);
  return areCovered(needed, holds)
    ? { covers: holds }
    : { refusal: challenge(bearer, needed, 'insufficient_scope') };
}

function areCovered(needed: readonly Scope[], holds: Covers): boolean {
  return needed.every(({ repository, actions }) =>
    actions.every((action) => holds(repository, action)),
  );
}

/** RFC 6750, section 3, with the parameters of distribution's token authentication. */
function challenge(
  { authentication, realm }: Bearer,
  needed: readonly Scope[],
  error?: 'invalid_token' | 'insufficient_scope',
): Reply {
  const parameters = [
    `realm="${realm()}"`,
    `service="${serviceOf(authentication)}"`,
    ...(needed.length > 0 ? [`scope="${writeScopes(needed)}"`] : []),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ];
  const headers = { 'www-authenticate': `Bearer ${parameters.join(',')}` };
  return refuse('UNAUTHORIZED', { headers, detail: needed });
}
