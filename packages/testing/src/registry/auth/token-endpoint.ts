import { json, readAtMost, type Call, type Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { parseScope, writeScopes, type Scope } from './scopes.ts';
import { basicUser, type BearerAuthentication } from './settings.ts';
import type { Token, Tokens } from './tokens.ts';

const FORM = 'application/x-www-form-urlencoded';

/** The service that tokens are for. */
export function serviceOf({ service = 'registry.test' }: BearerAuthentication): string {
  return service;
}

/** The token endpoint: GET with or without Basic, and the POST of OAuth2. */
export async function tokenEndpoint(
  settings: BearerAuthentication,
  tokens: Tokens,
  call: Call,
): Promise<Reply> {
  if (call.path !== '/token') return refuse('UNSUPPORTED', { status: 404 });
  if (call.method === 'GET') return byGet(settings, tokens, call);
  if (call.method !== 'POST' || settings.oauth2 === false)
    return refuse('UNSUPPORTED', { status: 404 });
  return byPost(settings, tokens, call);
}

function byGet(settings: BearerAuthentication, tokens: Tokens, { query, headers }: Call): Reply {
  if (query.get('service') !== serviceOf(settings)) return oauthError('invalid_request', 'service');
  const scopes = scopesOf(query.getAll('scope'));
  if (scopes === undefined) return oauthError('invalid_scope', query.getAll('scope').join(' '));
  const found = basicUser(headers.authorization, settings.users);
  if (found === 'refused')
    return refuse('UNAUTHORIZED', { headers: { 'www-authenticate': 'Basic realm="token"' } });
  const user = found?.user ?? '';
  const wantsRefresh = query.get('offline_token') === 'true' && user !== '';
  return answer(tokens.issue(user, scopes), wantsRefresh ? tokens.refreshToken(user) : undefined);
}

async function byPost(settings: BearerAuthentication, tokens: Tokens, call: Call): Promise<Reply> {
  if (call.headers['content-type']?.split(';')[0] !== FORM)
    return oauthError('invalid_request', 'Content-Type');
  const text = (await readAtMost(call.body, 64 * 1024))?.toString() ?? '';
  const form = new URLSearchParams(text);
  if (form.get('service') !== serviceOf(settings)) return oauthError('invalid_request', 'service');
  if ((form.get('client_id') ?? '') === '') return oauthError('invalid_request', 'client_id');
  const written = form.get('scope') ?? '';
  const scopes = scopesOf(written === '' ? [] : written.split(' '));
  if (scopes === undefined) return oauthError('invalid_scope', written);
  const user = userOfForm(settings, tokens, form);
  if (user === undefined) return oauthError('invalid_grant', '', 401);
  const wantsRefresh = form.get('access_type') === 'offline';
  const kept = form.get('refresh_token') ?? undefined;
  return answer(tokens.issue(user, scopes), wantsRefresh ? tokens.refreshToken(user) : kept);
}

function userOfForm(
  { users }: BearerAuthentication,
  tokens: Tokens,
  form: URLSearchParams,
): string | undefined {
  if (form.get('grant_type') === 'refresh_token')
    return tokens.userOf(form.get('refresh_token') ?? '');
  const [user, password] = [form.get('username') ?? '', form.get('password')];
  const isRight = Object.hasOwn(users, user) && users[user] === password;
  return form.get('grant_type') === 'password' && isRight ? user : undefined;
}

function scopesOf(written: readonly string[]): readonly Scope[] | undefined {
  const scopes = written.flatMap((text) => text.split(' ')).map(parseScope);
  return scopes.every((scope) => scope !== undefined) ? scopes : undefined;
}

function answer({ text, scopes, issuedAt, expiresAt }: Token, refresh: string | undefined): Reply {
  return json(200, {
    token: text,
    access_token: text,
    expires_in: (expiresAt.getTime() - issuedAt.getTime()) / 1000,
    issued_at: issuedAt.toISOString(),
    scope: writeScopes(scopes),
    ...(refresh === undefined ? {} : { refresh_token: refresh }),
  });
}

/** RFC 6749, section 5.2. */
function oauthError(error: string, description: string, status = 400): Reply {
  return json(status, { error, error_description: description });
}
