import { isMlcError } from '@mlcontainer/plugin-kit';

import type { CredentialStore, RegistrySettings, SettingsLookup } from '../credential.ts';

/** One thing about a registry on this machine; nothing in it is secret. */
export interface RegistryLine {
  /** `host[:port]` */
  readonly registry: string;
  readonly topic: 'credentials' | 'settings';
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

/** What is asked in order to explain a registry. */
export interface ExplainOptions {
  readonly credentials: CredentialStore;
  readonly settings: SettingsLookup;
  readonly signal: AbortSignal;
}

/** Which source gives the credential for a repository and why the others give none, and which files say how it is reached. */
export async function explainRegistry(
  registry: string,
  repository: string,
  options: ExplainOptions,
): Promise<readonly RegistryLine[]> {
  const { credentials, settings, signal } = options;
  return [
    await told(registry, 'settings', async () =>
      settingsText(registry, await settings(registry, repository)),
    ),
    await told(registry, 'credentials', async () => {
      const { credential, source, skipped } = await credentials.find(registry, repository, {
        signal,
      });
      const found = credential.kind === 'anonymous' ? source : `${credential.kind} from ${source}`;
      const others = skipped.map((each) => `${each.source}: ${each.reason}`);
      return [found === 'none' ? 'none' : found, ...others].join('; ');
    }),
  ];
}

async function told(
  registry: string,
  topic: RegistryLine['topic'],
  find: () => Promise<string>,
): Promise<RegistryLine> {
  try {
    return { registry, topic, status: 'ok', detail: await find() };
  } catch (error) {
    if (!isMlcError(error)) throw error;
    const { code, message, fix } = error;
    return { registry, topic, status: 'fail', detail: `${code} ${message}`, fix };
  }
}

function settingsText(registry: string, settings: RegistrySettings): string {
  const { plainHttp, insecure, mirrors = [], servedAt, blocked, caFile, clientCert } = settings;
  const parts = [
    blocked === true ? 'blocked' : undefined,
    `by ${plainHttp === true ? 'http' : 'https'}${insecure === true ? ' without verification' : ''}`,
    servedAt === undefined ? undefined : `at ${servedAt.location} in place of ${registry}`,
    mirrors.length === 0
      ? undefined
      : `mirrors ${mirrors.map(({ location }) => location).join(', ')}`,
    caFile === undefined ? undefined : `CA file ${caFile}`,
    clientCert === undefined ? undefined : `client certificate ${clientCert.certFile}`,
    `said by ${settings.source ?? 'nobody: the default'}`,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}
