import { isMlcError, type ByteStream } from '@mlcontainer/plugin-kit';

import type { Surroundings } from '../look.ts';

/** Why a flow gave no token; never with a secret in it. */
export class GoogleFailure extends Error {}

/** An OAuth2 access token. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** What every flow is given. */
export interface Flow extends Surroundings {
  readonly signal: AbortSignal;
}

export interface Question {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** Sent as `application/x-www-form-urlencoded`; parts that are undefined are left out. */
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes of an answer that are read. */
const LIMIT = 256 * 1024;

export interface Answer {
  readonly text: string;
  readonly header: (name: string) => string | undefined;
}

/** Asks and reads the answer. Throws a GoogleFailure where it is no success. */
export async function ask(flow: Flow, question: Question): Promise<Answer> {
  const { url, form, json, headers = {} } = question;
  const { body, type } = bodyOf(form, json);
  const response = await flow.ports.http.request({
    url,
    method: question.method ?? 'POST',
    headers: { accept: 'application/json', ...type, ...headers },
    ...(body === undefined ? {} : { body }),
    ...{ purpose: 'Google credentials', netrc: false, redirect: 'manual', repeatable: true },
    signal: flow.signal,
  });
  const text = await readText(response.body);
  if (response.status !== 200) throw new GoogleFailure(refusal(url, response.status, text));
  return { text, header: response.header };
}

/** The answer as a JSON object. */
export async function askJson(flow: Flow, question: Question): Promise<Record<string, unknown>> {
  return parseObject((await ask(flow, question)).text, `the answer of ${hostOf(question.url)}`);
}

/** A JSON object. The parser's own message is left out: it quotes the text. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new GoogleFailure(`${what} is no JSON object`);
}

function bodyOf(
  form: Question['form'],
  json: unknown,
): { body?: Uint8Array; type: Record<string, string> } {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  if (form !== undefined) {
    const pairs = Object.entries(form).filter((pair): pair is [string, string] => {
      return pair[1] !== undefined;
    });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return { body: encode(new URLSearchParams(pairs).toString()), type };
  }
  if (json === undefined) return { type: {} };
  return { body: encode(JSON.stringify(json)), type: { 'content-type': 'application/json' } };
}

async function readText(body: ByteStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > LIMIT) throw new GoogleFailure('an answer is far too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Error codes of OAuth2 (RFC 6749, section 5.2; RFC 8693, section 2.2.2), and the one of Google besides. */
const OAUTH_ERROR =
  /"error"\s*:\s*"(invalid_(?:request|client|grant|scope|target|token|rapt)|unauthorized_client|unsupported_grant_type|access_denied)"/;

/** Of an answer, a known error code alone is repeated: the rest may echo what was sent. */
function refusal(url: string, status: number, text: string): string {
  const code = OAUTH_ERROR.exec(text)?.[1];
  return `${hostOf(url)} answered ${status}${code === undefined ? '' : ` (${code})`}`;
}

export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'an address that is none';
}

/** A token from the fields of an answer (RFC 6749, section 5.1). */
export function toToken(answer: Record<string, unknown>, { ports }: Flow): AccessToken {
  const { access_token: token, expires_in: seconds } = answer;
  if (typeof token !== 'string' || token === '') throw new GoogleFailure('no token was answered');
  const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : 3600;
  return { token, expiresAt: new Date(ports.clock.now().getTime() + lifetime * 1000) };
}

/** An address out of a credentials file; only https, or this machine itself, is shown a secret. */
export function tokenAddress(value: unknown, fallback?: string): string {
  const text = typeof value === 'string' && value !== '' ? value : fallback;
  const url = URL.parse(text ?? '');
  if (url === null) throw new GoogleFailure('the file names no token address');
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && local)) return url.href;
  throw new GoogleFailure(`the token address ${url.host} is not https`);
}

/** A text field of a credentials file. */
export function field(file: Record<string, unknown>, name: string): string {
  const value = file[name];
  if (typeof value !== 'string' || value === '') throw new GoogleFailure(`the file has no ${name}`);
  return value;
}

/** Why a flow failed, for people; undefined where it is no failure of the flow. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof GoogleFailure) return error.message;
  return isMlcError(error) ? `${error.code}: ${error.message}` : undefined;
}
