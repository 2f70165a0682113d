import {
  mlcError,
  type ClockPort,
  type HttpPort,
  type HttpResponse,
} from '@mlcontainer/plugin-kit';

import type { Credential } from '../credential.ts';
import { member, parseJson, readCapped, textMember } from '../transport/body.ts';
import type { Endpoint } from '../transport/endpoint.ts';
import { protocolError, readRefusal, toError } from '../transport/errors.ts';

/** A bearer token and the monotonic time, in milliseconds, from which it is no longer used. */
export interface Token {
  readonly token: string;
  readonly expires: number;
}

/** What a token is asked for with (distribution, token authentication). */
export interface TokenRequest {
  readonly endpoint: Endpoint;
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential;
  /** The address whose answer named the realm. */
  readonly namedBy: string;
  readonly signal: AbortSignal;
}

export interface TokenPorts {
  readonly http: HttpPort;
  readonly clock: ClockPort;
}

/** A token, or the status and text with which the server refused one: 400, 401 or 403. */
export type TokenOutcome =
  { readonly token: Token } | { readonly refused: number; readonly text: string };

const WHAT = 'the request for a token';
const PURPOSE = 'registry token server';
const LIMIT = 1024 * 1024;
/** Where the server does not say how long a token lasts (distribution, token authentication). Seconds. */
const SHORTEST = 60;
/** A token is renewed that long before its end, or after three quarters of a shorter life. Milliseconds. */
const MARGIN = 30_000;

/**
 * Asks the token server: by GET with Basic, or for an identity token by POST as OAuth2 has it, and by GET where the
 * server knows no POST. Throws MLC6505, MLC6506, MLC6508 and MLC7xxx.
 */
export async function fetchToken(ports: TokenPorts, request: TokenRequest): Promise<TokenOutcome> {
  const realm = checkedRealm(request);
  if (request.credential.kind !== 'identity-token')
    return byGet(ports, request, realm, basicOf(request.credential));
  const response = await post(ports, request, realm, request.credential.token);
  if (response.status !== 404 && response.status !== 405) return outcome(ports, request, response);
  await response.cancel();
  return byGet(ports, request, realm, basicAuthorization('', request.credential.token));
}

/** Credentials travel by https alone, or unencrypted where the user named the registry so and it names itself. */
function checkedRealm(request: TokenRequest): URL {
  const { endpoint, credential } = request;
  const url = URL.parse(request.realm);
  const refuse = (detail: string): Error =>
    mlcError('MLC6508', {
      registry: endpoint.registry,
      realm: url === null ? request.realm.slice(0, 100) : url.origin + url.pathname,
      detail,
    });
  if (url === null || !/^https?:$/.test(url.protocol))
    throw refuse('that is no address of the web');
  if (url.username !== '' || url.password !== '') throw refuse('a login stands in its address');
  const near = url.hostname === new URL(endpoint.origin).hostname || isLoopback(url.hostname);
  const open = url.protocol === 'http:' && !(endpoint.plainHttp && near);
  if (open && credential.kind !== 'anonymous')
    throw refuse('credentials would travel to it unencrypted');
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The Basic scheme (RFC 7617), in UTF-8. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function basicOf(credential: Credential): string | undefined {
  return credential.kind === 'basic'
    ? basicAuthorization(credential.username, credential.password)
    : undefined;
}

async function byGet(
  ports: TokenPorts,
  request: TokenRequest,
  realm: URL,
  authorization: string | undefined,
): Promise<TokenOutcome> {
  const url = new URL(realm);
  if (request.service !== undefined) url.searchParams.set('service', request.service);
  for (const scope of request.scopes) url.searchParams.append('scope', scope);
  const headers = authorization === undefined ? {} : { authorization };
  const response = await ports.http.request({ ...common(request, realm), url: url.href, headers });
  return outcome(ports, request, response);
}

function post(
  ports: TokenPorts,
  request: TokenRequest,
  realm: URL,
  refreshToken: string,
): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'mlcontainer',
    refresh_token: refreshToken,
    scope: request.scopes.join(' '),
  });
  if (request.service !== undefined) form.set('service', request.service);
  return ports.http.request({
    ...common(request, realm),
    url: realm.href,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
    repeatable: true,
  });
}

function common({ endpoint, namedBy, signal }: TokenRequest, realm: URL) {
  const { caFile, clientCert, insecure } = endpoint;
  return {
    purpose: PURPOSE,
    netrc: false,
    namedBy,
    signal,
    ...(caFile === undefined ? {} : { caFile }),
    // What this machine shows of itself is meant for the registry.
    ...(clientCert === undefined || realm.origin !== endpoint.origin ? {} : { clientCert }),
    ...(insecure === true && realm.origin === endpoint.origin ? { insecure } : {}),
  };
}

async function outcome(
  { clock }: TokenPorts,
  { endpoint }: TokenRequest,
  response: HttpResponse,
): Promise<TokenOutcome> {
  const asked = { endpoint, access: 'pull', what: WHAT } as const;
  const { status } = response;
  if (status === 400 || status === 401 || status === 403)
    return { refused: status, text: (await readRefusal(response)).text };
  if (status !== 200) throw toError(await readRefusal(response), asked);
  const bytes = await readCapped(response, LIMIT);
  const json = bytes === undefined ? undefined : parseJson(bytes);
  const token = textMember(json, 'token') ?? textMember(json, 'access_token') ?? '';
  // It becomes a header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw protocolError(asked, 'the answer holds no token');
  return { token: { token, expires: clock.monotonic() + lifetime(json, clock.now()) } };
}

/** How long a token is used from now, in milliseconds. */
function lifetime(json: unknown, now: Date): number {
  const said = member(json, 'expires_in');
  const whole = (typeof said === 'number' && said > 0 ? said : SHORTEST) * 1000;
  const issued = Date.parse(textMember(json, 'issued_at') ?? '');
  const age = Number.isNaN(issued) ? 0 : now.getTime() - issued;
  // An age beyond the life is a clock that is wrong, here or there.
  const left = age > 0 && age < whole ? whole - age : whole;
  return Math.max(left - MARGIN, left * 0.75);
}
