import { mlcError } from '@mlcontainer/plugin-kit';

import { registryKey } from './auth-key.ts';
import { variable, type Env, type Looked } from './look.ts';

/**
 * What the user's own configuration says for one registry: Google's credentials, the auth files and helpers of Docker
 * and podman alone, none at all, or a login, given or by the names of environment variables.
 */
export type ExplicitCredential =
  | 'google'
  | 'docker'
  | 'none'
  | { readonly username: string; readonly password: string }
  | { readonly usernameEnv: string; readonly passwordEnv: string };

/** What was said for a registry, by its exact host. */
export function explicitFor(
  explicit: Readonly<Record<string, ExplicitCredential>>,
  registry: string,
): ExplicitCredential | undefined {
  const key = Object.keys(explicit).find((name) => registryKey(name) === registry);
  return key === undefined ? undefined : explicit[key];
}

/** The login that was given. Throws MLC6803 where a variable is not set. */
export function explicitLogin(
  said: Exclude<ExplicitCredential, string>,
  registry: string,
  env: Env,
): Looked {
  if ('username' in said) {
    const { username, password } = said;
    return { credential: { kind: 'basic', username, password }, source: 'configuration' };
  }
  const [username, password] = [said.usernameEnv, said.passwordEnv].map((name) => {
    const value = variable(env, name);
    if (value === undefined) throw mlcError('MLC6803', { registry, variable: name });
    return value;
  }) as [string, string];
  const source = `configuration: ${said.usernameEnv}, ${said.passwordEnv}`;
  return { credential: { kind: 'basic', username, password }, source };
}
