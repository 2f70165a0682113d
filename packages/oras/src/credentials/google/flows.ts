import { createPrivateKey, sign } from 'node:crypto';

import {
  askJson,
  field,
  GoogleFailure,
  toToken,
  tokenAddress,
  type AccessToken,
  type Flow,
} from './exchange.ts';
import { subjectToken } from './subject.ts';

type File = Record<string, unknown>;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_ADDRESS = 'https://oauth2.googleapis.com/token';

/** A token by what a credentials file says of itself (AIP-4110 and following). */
export function tokenByFile(flow: Flow, file: File): Promise<AccessToken> {
  const flows: Record<string, (flow: Flow, file: File) => Promise<AccessToken>> = {
    service_account: serviceAccount,
    authorized_user: authorizedUser,
    external_account: externalAccount,
    external_account_authorized_user: workforceUser,
    impersonated_service_account: impersonatedAccount,
  };
  const type = typeof file.type === 'string' ? file.type : '';
  const run = Object.hasOwn(flows, type) ? flows[type] : undefined;
  if (run === undefined) throw new GoogleFailure('the file is of a type that is not known');
  return run(flow, file);
}

/** A signed assertion for a token (RFC 7523; AIP-4112). */
async function serviceAccount(flow: Flow, file: File): Promise<AccessToken> {
  const url = tokenAddress(file.token_uri, TOKEN_ADDRESS);
  const now = Math.floor(flow.ports.clock.now().getTime() / 1000);
  const issuer = field(file, 'client_email');
  const claims = { iss: issuer, scope: SCOPE, aud: url, iat: now, exp: now + 3600 };
  const keyId = typeof file.private_key_id === 'string' ? { kid: file.private_key_id } : {};
  const assertion = signJwt(
    { alg: 'RS256', typ: 'JWT', ...keyId },
    claims,
    field(file, 'private_key'),
  );
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const answer = await askJson(flow, { url, form: { grant_type: grant, assertion } });
  return toToken(answer, flow);
}

/** RFC 7515, compact serialisation. */
function signJwt(header: object, claims: object, key: string): string {
  const parts = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const text = parts.join('.');
  try {
    const signature = sign('RSA-SHA256', Buffer.from(text), createPrivateKey(key));
    return `${text}.${signature.toString('base64url')}`;
  } catch {
    throw new GoogleFailure('private_key is no RSA key in PEM form');
  }
}

/** A refresh token for a token (RFC 6749, section 6; AIP-4113). */
async function authorizedUser(flow: Flow, file: File): Promise<AccessToken> {
  const url = tokenAddress(file.token_uri, TOKEN_ADDRESS);
  const form = {
    grant_type: 'refresh_token',
    refresh_token: field(file, 'refresh_token'),
    client_id: field(file, 'client_id'),
    client_secret: field(file, 'client_secret'),
  };
  return toToken(await askJson(flow, { url, form }), flow);
}

/** The same for a user of a workforce pool, whose client shows itself by Basic. */
async function workforceUser(flow: Flow, file: File): Promise<AccessToken> {
  const url = tokenAddress(file.token_url);
  const form = { grant_type: 'refresh_token', refresh_token: field(file, 'refresh_token') };
  return toToken(await askJson(flow, { url, form, headers: clientLogin(file) }), flow);
}

/** A token of another provider for one of Google's (RFC 8693; AIP-4117), then for that of a service account. */
async function externalAccount(flow: Flow, file: File): Promise<AccessToken> {
  const impersonates = typeof file.service_account_impersonation_url === 'string';
  const url = tokenAddress(file.token_url, 'https://sts.googleapis.com/v1/token');
  const project = file.workforce_pool_user_project;
  const hasClient = typeof file.client_id === 'string';
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: field(file, 'audience'),
    scope: SCOPE,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await subjectToken(flow, file),
    subject_token_type: field(file, 'subject_token_type'),
    options:
      typeof project === 'string' && !hasClient
        ? JSON.stringify({ userProject: project })
        : undefined,
  };
  const token = toToken(await askJson(flow, { url, form, headers: clientLogin(file) }), flow);
  return impersonates ? impersonate(flow, file, token) : token;
}

function clientLogin({ client_id: id, client_secret: secret }: File): Record<string, string> {
  if (typeof id !== 'string' || typeof secret !== 'string') return {};
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

async function impersonatedAccount(flow: Flow, file: File): Promise<AccessToken> {
  const source = file.source_credentials;
  if (typeof source !== 'object' || source === null)
    throw new GoogleFailure('the file has no source_credentials');
  if ((source as File).type === 'impersonated_service_account')
    throw new GoogleFailure('its source_credentials are themselves impersonated');
  return impersonate(flow, file, await tokenByFile(flow, source as File));
}

/** IAM Service Account Credentials, `generateAccessToken`. */
async function impersonate(flow: Flow, file: File, source: AccessToken): Promise<AccessToken> {
  const url = tokenAddress(file.service_account_impersonation_url);
  const { delegates } = file;
  const wanted = (file.service_account_impersonation as File | undefined)?.token_lifetime_seconds;
  const lifetime = `${typeof wanted === 'number' ? wanted : 3600}s`;
  const json = { ...(Array.isArray(delegates) ? { delegates } : {}), scope: [SCOPE], lifetime };
  const headers = { authorization: `Bearer ${source.token}` };
  const { accessToken, expireTime } = await askJson(flow, { url, json, headers });
  const expiresAt = new Date(typeof expireTime === 'string' ? expireTime : Number.NaN);
  if (typeof accessToken !== 'string' || Number.isNaN(expiresAt.getTime()))
    throw new GoogleFailure('no token was answered for the service account');
  return { token: accessToken, expiresAt };
}
