import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { variable, type Environment } from '../environment.ts';

/** Host name → `login:password`. */
export type Netrc = ReadonlyMap<string, string>;

/**
 * Reads `NETRC`, or `.netrc` in HOME; empty where there is none. The `default` entry is left out on purpose: it
 * would send a password to every host.
 */
export async function readNetrc(env: Environment): Promise<Netrc> {
  const home = variable(env, 'HOME', 'USERPROFILE');
  const path = variable(env, 'NETRC') ?? (home === undefined ? undefined : join(home, '.netrc'));
  if (path === undefined) return new Map();
  try {
    return parseNetrc(await readFile(path, 'utf8'));
  } catch {
    return new Map();
  }
}

/** Parses a netrc file (GNU inetutils, "The .netrc file"); the first entry of a host counts. */
export function parseNetrc(text: string): Netrc {
  const tokens = tokenize(withoutMacros(text));
  const found = new Map<string, string>();
  for (let index = 0; index < tokens.length; index += 1) {
    if (tokens[index] !== 'machine') continue;
    const host = (tokens[index + 1] ?? '').toLowerCase();
    const login = entry(tokens, index + 2);
    if (host !== '' && login !== undefined && !found.has(host)) found.set(host, login);
  }
  return found;
}

function entry(tokens: readonly string[], from: number): string | undefined {
  let login = '';
  let password: string | undefined;
  for (let index = from; index + 1 < tokens.length; index += 2) {
    const [key, value = ''] = [tokens[index], tokens[index + 1]];
    if (key === 'login' || key === 'user') login = value;
    else if (key === 'password' || key === 'passwd') password = value;
    else if (key !== 'account') break;
  }
  return password === undefined ? undefined : `${login}:${password}`;
}

/** A `macdef` runs to the next empty line. */
function withoutMacros(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/^[ \t]*macdef\b[\s\S]*?(?:\n[ \t]*\n|$(?![\s\S]))/gm, '\n');
}

/** Words; quotes hold blanks and a backslash takes the next character as it is. A `#` at the start of a word opens a comment. */
function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /(?:^|(?<=\s))#[^\n]*|"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)(?:[^\s\\]|\\.)*)/g;
  for (const [, quoted, plain] of text.matchAll(pattern)) {
    const word = quoted ?? plain;
    if (word !== undefined) tokens.push(word.replace(/\\(.)/g, '$1'));
  }
  return tokens;
}
