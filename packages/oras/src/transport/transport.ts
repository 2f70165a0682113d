import {
  mlcError,
  type ClockPort,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
} from '@mlcontainer/plugin-kit';

import { createAuthorizer, type AuthAttempts, type Authorizer } from '../auth/authorizer.ts';
import { parseChallenges, type Challenge } from '../auth/challenge.ts';
import { mergeScopes, repositoryScope, type Access } from '../auth/scope.ts';
import type { CredentialStore } from '../credential.ts';
import type { OnRegistryEvent } from '../events.ts';
import { namedHttp } from '../settings/plain-http.ts';
import { nameOf, type Endpoint } from './endpoint.ts';
import { protocolError, readRefusal } from './errors.ts';
import { createWarnings, type Warnings } from './warnings.ts';

/** One request to a registry. */
export interface RegistryRequest {
  readonly endpoint: Endpoint;
  readonly method?: NonNullable<HttpRequest['method']>;
  /** Behind `/v2/<repository>`, or an address that the registry gave. */
  readonly to: string | { readonly url: string; readonly namedBy: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  readonly repeatable?: boolean;
  readonly access: Access;
  /** Repositories that the same token must let read. */
  readonly mountFrom?: readonly string[] | undefined;
  /** For messages: `the upload of sha256:…`. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/** Sends requests with authentication; any answer but 401 is given as it is. Throws MLC6503, MLC6504, MLC65xx, MLC7xxx. */
export type Transport = (request: RegistryRequest) => Promise<HttpResponse>;

export interface TransportOptions {
  readonly ports: { readonly http: HttpPort; readonly clock: ClockPort };
  readonly credentials: CredentialStore;
  readonly onEvent: OnRegistryEvent;
}

interface State extends TransportOptions {
  readonly authorizers: Map<string, Authorizer>;
  readonly warnings: Warnings;
}

const PURPOSE = 'image registry';
/** More remedies than there are for a 401. */
const MOST_ATTEMPTS = 6;

/** The transport of one client. */
export function createTransport(options: TransportOptions): Transport {
  const warnings = createWarnings(options.onEvent);
  const state: State = { ...options, authorizers: new Map(), warnings };
  return (request) => send(state, request);
}

async function send(state: State, request: RegistryRequest): Promise<HttpResponse> {
  const authorizer = authorizerOf(state, request.endpoint);
  const attempts: AuthAttempts = {};
  for (let attempt = 1; ; attempt += 1) {
    const used = await authorization(authorizer, request);
    const response = await state.ports.http
      .request(toHttp(request, used))
      .catch((error: unknown) => {
        throw namedHttp(error, request.endpoint);
      });
    state.warnings.tell(request.endpoint.registry, response.header('warning'));
    if (response.status !== 401) return response;
    if (!isOwn(request.endpoint, response.url)) return response;
    const again =
      attempt < MOST_ATTEMPTS && (await learn(authorizer, request, response, used, attempts));
    if (!again) throw await notAuthenticated(authorizer, request, response);
    await response.cancel();
  }
}

function authorizerOf(state: State, endpoint: Endpoint): Authorizer {
  const key = `${endpoint.origin} ${endpoint.registry}/${endpoint.repository}`;
  const known = state.authorizers.get(key);
  if (known !== undefined) return known;
  const { ports, credentials, onEvent } = state;
  const made = createAuthorizer({ endpoint, ports, credentials, onEvent });
  state.authorizers.set(key, made);
  return made;
}

/** Credentials of the registry are for its own origin alone, wherever a Location points. */
function authorization(
  authorizer: Authorizer,
  request: RegistryRequest,
): Promise<string | undefined> {
  const { endpoint, signal } = request;
  return isOwn(endpoint, urlOf(request))
    ? authorizer.header(scopesOf(request), signal)
    : Promise.resolve(undefined);
}

function scopesOf({ endpoint, access, mountFrom = [] }: RegistryRequest): readonly string[] {
  if (endpoint.repository === '') return [];
  return mergeScopes(
    [repositoryScope(endpoint.repository, access)],
    mountFrom.map((source) => repositoryScope(source, 'pull')),
  );
}

function isOwn(endpoint: Endpoint, url: string): boolean {
  return URL.parse(url)?.origin === endpoint.origin;
}

function urlOf({ endpoint, to }: RegistryRequest): string {
  if (typeof to !== 'string') return to.url;
  const { origin, repository } = endpoint;
  return repository === '' ? `${origin}/v2/` : `${origin}/v2/${repository}${to}`;
}

function toHttp(request: RegistryRequest, authorizationHeader: string | undefined): HttpRequest {
  const { endpoint, to, method, headers, body, repeatable, signal } = request;
  const { caFile, clientCert, insecure } = endpoint;
  const url = urlOf(request);
  return {
    ...{ url, signal, purpose: PURPOSE, netrc: false },
    headers: {
      ...headers,
      ...(authorizationHeader !== undefined && { authorization: authorizationHeader }),
    },
    ...(method !== undefined && { method }),
    ...(body !== undefined && { body }),
    ...(repeatable !== undefined && { repeatable }),
    ...(typeof to !== 'string' && { namedBy: to.namedBy }),
    ...(caFile !== undefined && { caFile }),
    ...(clientCert !== undefined && isOwn(endpoint, url) && { clientCert }),
    ...(insecure === true && isOwn(endpoint, url) && { insecure }),
  };
}

function learn(
  authorizer: Authorizer,
  request: RegistryRequest,
  response: HttpResponse,
  used: string | undefined,
  attempts: AuthAttempts,
): Promise<boolean> {
  const challenges = challengesOf(response);
  const { url } = response;
  const scopes = scopesOf(request);
  return authorizer.learn({ challenges, used, scopes, attempts, url, signal: request.signal });
}

async function notAuthenticated(
  authorizer: Authorizer,
  { endpoint, access }: RegistryRequest,
  response: HttpResponse,
): Promise<Error> {
  const { text: detail } = await readRefusal(response);
  const { registry } = endpoint;
  const repository = nameOf(endpoint);
  const { source, isAnonymous } = authorizer.shown();
  const tooNarrow = challengesOf(response).some(
    ({ params }) => params.error === 'insufficient_scope',
  );
  // Whoever is known and may not is not helped by another login.
  return tooNarrow && !isAnonymous
    ? mlcError('MLC6504', { registry, repository, action: access, detail })
    : mlcError('MLC6503', { registry, repository, source, detail });
}

function challengesOf(response: HttpResponse): readonly Challenge[] {
  return parseChallenges(response.header('www-authenticate') ?? '');
}

/** The address that a header gave, made absolute. Throws MLC6506 where it is missing or none. */
export function givenAddress(
  response: HttpResponse,
  value: string | undefined,
  asked: { readonly endpoint: Endpoint; readonly what: string },
): { readonly url: string; readonly namedBy: string } {
  const url = value === undefined || value === '' ? null : URL.parse(value, response.url);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw protocolError(asked, `the answer ${response.status} has no usable address`);
  url.hash = '';
  return { url: url.href, namedBy: response.url };
}
