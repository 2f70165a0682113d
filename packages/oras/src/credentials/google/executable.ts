import { readFile } from 'node:fs/promises';

import { isMlcError } from '@mlcontainer/plugin-kit';

import { variable } from '../look.ts';
import { GoogleFailure, parseObject, type Flow } from './exchange.ts';

type File = Record<string, unknown>;

/**
 * The token that a program gives (AIP-4117, executable-sourced credentials), only with
 * GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1: a credentials file may come from anybody.
 */
export async function runExecutable(flow: Flow, file: File, source: File): Promise<string> {
  if (variable(flow.env, 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES') !== '1') {
    throw new GoogleFailure(
      'its program may not run: GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is not 1',
    );
  }
  const held = await heldAnswer(flow, source);
  if (held !== undefined) return held;
  const [command, ...args] = words(source.command);
  if (command === undefined) throw new GoogleFailure('credential_source.executable has no command');
  return tokenOf(await run(flow, file, source, command, args), flow);
}

/** An answer that the program left in its output file and that still holds. */
async function heldAnswer(flow: Flow, { output_file: path }: File): Promise<string | undefined> {
  if (typeof path !== 'string') return undefined;
  try {
    return tokenOf(await readFile(path, 'utf8'), flow);
  } catch {
    return undefined;
  }
}

/** Words apart by blanks; quotes hold them together. No shell sees the command. */
function words(command: unknown): string[] {
  if (typeof command !== 'string') return [];
  return [...command.matchAll(/(?:[^\s"]+|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}

async function run(
  flow: Flow,
  file: File,
  source: File,
  command: string,
  args: readonly string[],
): Promise<string> {
  const { timeout_millis: wanted } = source;
  const limit = typeof wanted === 'number' && wanted > 0 ? Math.min(wanted, 120_000) : 30_000;
  const signal = AbortSignal.any([flow.signal, AbortSignal.timeout(limit)]);
  const env = { ...definedOf(flow.env), ...describe(file, source) };
  try {
    const { code, stdout } = await flow.ports.exec.run({ command, args, env, signal });
    if (code !== 0) throw new GoogleFailure(`its program ended with exit code ${code}`);
    return new TextDecoder().decode(stdout);
  } catch (error) {
    flow.signal.throwIfAborted();
    if (isMlcError(error)) throw new GoogleFailure(`its program did not run (${error.code})`);
    if ((error as Error).name !== 'TimeoutError') throw error;
    throw new GoogleFailure(`its program gave no answer within ${limit} ms`);
  }
}

function definedOf(env: Flow['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function describe(file: File, source: File): Record<string, string> {
  const email = /serviceAccounts\/([^/:]+):generateAccessToken$/.exec(
    String(file.service_account_impersonation_url),
  )?.[1];
  const output = source.output_file;
  return {
    GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: String(file.audience),
    GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: String(file.subject_token_type),
    GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: '0',
    ...(email === undefined ? {} : { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: email }),
    ...(typeof output === 'string' ? { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: output } : {}),
  };
}

/** The answer of a program: version 1, success, a token that has not expired. */
function tokenOf(text: string, { ports }: Flow): string {
  const answer = parseObject(text, 'the answer of its program');
  if (answer.version !== 1) throw new GoogleFailure('its program answers another version than 1');
  if (answer.success !== true) throw new GoogleFailure('its program reports a failure');
  const expires = answer.expiration_time;
  if (typeof expires === 'number' && expires * 1000 <= ports.clock.now().getTime())
    throw new GoogleFailure('its program answers a token that has expired');
  const isSaml = answer.token_type === 'urn:ietf:params:oauth:token-type:saml2';
  const token = isSaml ? answer.saml_response : answer.id_token;
  if (typeof token !== 'string' || token === '')
    throw new GoogleFailure('its program answers no token');
  return token;
}
