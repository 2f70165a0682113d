import { isMlcError, type ExecResult } from '@mlcontainer/plugin-kit';

import type { Credential } from '../credential.ts';
import { DOCKER_HUB_SERVER } from './auth-key.ts';
import { skip, type Looked, type Surroundings, type Target } from './look.ts';
import type { Shared } from './shared.ts';

/** Asks a credential helper by the end of its name (`desktop`, `gcloud`). */
export type AskHelper = (helper: string, source: string, target: Target) => Promise<Looked>;

/** A helper that wants to talk to somebody would wait for ever. Milliseconds. */
const LIMIT_MS = 60_000;

/**
 * Runs `docker-credential-<helper> get` (docker-credential-helpers, protocol 1): the server on standard input, JSON
 * with Username and Secret on standard output. What a helper prints besides is never repeated: it may hold secrets.
 */
export function helperAsker({ env, ports }: Surroundings, shared: Shared<Credential | string>) {
  const run: AskHelper = async (helper, source, { registry, signal }) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(helper))
      return skip(source, 'its name is none of a program');
    const given = await shared.get(`${helper}\n${registry}`, signal, async (own) => {
      const command = `docker-credential-${helper}`;
      const stdin = new TextEncoder().encode(serverOf(registry));
      const bound = AbortSignal.any([own, AbortSignal.timeout(LIMIT_MS)]);
      try {
        const request = { command, args: ['get'], env: definedOf(env), stdin, signal: bound };
        return readAnswer(await ports.exec.run(request));
      } catch (error) {
        own.throwIfAborted();
        return failureOf(error, command);
      }
    });
    return typeof given === 'string' ? skip(source, given) : { credential: given, source };
  };
  return run;
}

function serverOf(registry: string): string {
  return registry === 'docker.io' ? DOCKER_HUB_SERVER : registry;
}

function definedOf(env: Surroundings['env']): Record<string, string> {
  const defined = Object.entries(env).filter((pair): pair is [string, string] => {
    return pair[1] !== undefined;
  });
  return Object.fromEntries(defined);
}

function failureOf(error: unknown, command: string): string {
  if (isMlcError(error) && error.code === 'MLC7020') return `${command} is not on PATH`;
  if (isMlcError(error)) return `${command} failed (${error.code})`;
  if ((error as Error).name === 'TimeoutError') return `${command} gave no answer in time`;
  throw error;
}

/** The message that all helpers share where they hold nothing for a server. */
const NOT_FOUND = 'credentials not found in native keychain';

function readAnswer({ code, stdout }: ExecResult): Credential | string {
  const text = new TextDecoder().decode(stdout).trim();
  if (code !== 0)
    return text.includes(NOT_FOUND)
      ? 'it holds nothing for this registry'
      : `it ended with exit code ${code}`;
  try {
    const { Username: username, Secret: secret } = JSON.parse(text) as Record<string, unknown>;
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '')
      return 'it answered without Username and Secret';
    return username === '<token>'
      ? { kind: 'identity-token', token: secret }
      : { kind: 'basic', username, password: secret };
  } catch {
    return 'it answered no JSON';
  }
}
