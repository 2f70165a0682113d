import { readFile } from 'node:fs/promises';

import { mlcError } from '@mlcontainer/plugin-kit';

import type { Credential } from '../credential.ts';
import { bestAuthKey, registryKey } from './auth-key.ts';
import type { AskHelper } from './helper.ts';
import { skip, type Looked, type Target } from './look.ts';

/** An auth file of Docker or podman, as far as it is read: maps of strings or records, nothing checked below. */
export interface AuthFile {
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
  readonly credsStore: unknown;
}

/** One place where such a file may be. */
export interface AuthPlace {
  /** For people: the path, or the variable that holds the text. */
  readonly name: string;
  readonly path?: string;
  readonly text?: string;
  /** Named by the user, so that a broken one is an error and not passed over. */
  readonly named: boolean;
  /** Whether it must be there when it is named. */
  readonly required: boolean;
}

/** The credential of one auth file: its helpers go before what it holds itself. Throws MLC6801. */
export async function lookInAuthFile(
  place: AuthPlace,
  target: Target,
  ask: AskHelper,
): Promise<Looked> {
  const read = await readAuthFile(place);
  if (typeof read === 'string') return skip(place.name, read);
  const helped = await askHelpers(read, place.name, target, ask);
  if ('credential' in helped) return helped;
  const held = heldCredential(read, place.name, target);
  return { ...held, skipped: [...helped.skipped, ...(held.skipped ?? [])] };
}

/** The file, or why it is none. */
async function readAuthFile(place: AuthPlace): Promise<AuthFile | string> {
  const text = place.text ?? (await readText(place));
  if (text === undefined) return 'no such file';
  if (typeof text !== 'string') return unusable(place, `cannot be read (${text.code})`);
  try {
    return authFile(JSON.parse(text));
  } catch {
    // The parser's own message quotes the text, which holds passwords.
    return unusable(place, 'is no JSON object');
  }
}

async function readText({
  path = '',
  required,
  name,
}: AuthPlace): Promise<string | undefined | { code: string }> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return { code };
    if (required) throw mlcError('MLC6801', { path: name, detail: 'there is no such file' });
    return undefined;
  }
}

function unusable({ named, name }: AuthPlace, detail: string): string {
  if (named) throw mlcError('MLC6801', { path: name, detail: `it ${detail}` });
  return detail;
}

function authFile(value: unknown): AuthFile {
  if (!isRecord(value)) throw new TypeError('no object');
  const { auths, credHelpers, credsStore } = value;
  return {
    auths: isRecord(auths) ? auths : {},
    credHelpers: isRecord(credHelpers) ? credHelpers : {},
    credsStore,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function askHelpers(
  { credHelpers, credsStore }: AuthFile,
  name: string,
  target: Target,
  ask: AskHelper,
): Promise<Looked> {
  const own = Object.keys(credHelpers).find((key) => registryKey(key) === target.registry);
  const helper = own === undefined ? credsStore : credHelpers[own];
  if (typeof helper !== 'string' || helper === '') return { skipped: [] };
  const part = own === undefined ? 'credsStore' : 'credHelpers';
  return ask(helper, `${name}: ${part} (docker-credential-${helper})`, target);
}

function heldCredential({ auths }: AuthFile, name: string, target: Target): Looked {
  const key = bestAuthKey(Object.keys(auths), target.registry, target.repository);
  const source = `${name}: auths`;
  if (key === undefined) return skip(source, `no entry for ${target.registry}`);
  const credential = entryCredential(auths[key]);
  return typeof credential === 'string'
    ? skip(source, `the entry ${key} ${credential}`)
    : { credential, source: `${source} (${key})` };
}

/** The credential of one entry of `auths`, or what is wrong with it. */
function entryCredential(entry: unknown): Credential | string {
  if (!isRecord(entry)) return 'is no object';
  const { identitytoken, registrytoken } = entry;
  if (isText(identitytoken)) return { kind: 'identity-token', token: identitytoken };
  if (isText(registrytoken)) return { kind: 'bearer', token: registrytoken };
  const login = isText(entry.auth) ? decodeAuth(entry.auth) : plainLogin(entry);
  if (login === undefined) return 'holds no user name with password';
  return { kind: 'basic', ...login };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function plainLogin({ username, password }: Record<string, unknown>): Login | undefined {
  return isText(username) && isText(password) ? { username, password } : undefined;
}

interface Login {
  readonly username: string;
  readonly password: string;
}

/** `auth` is the Base64 of `user:password`; a password may hold further colons. */
function decodeAuth(auth: string): Login | undefined {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  const password = text.slice(colon + 1).replace(/\0+$/, '');
  return password === '' ? undefined : { username: text.slice(0, colon), password };
}
