import { readFile } from 'node:fs/promises';

import type { Env } from '../look.ts';
import { metadataHost } from './metadata.ts';
import { credentialsPath } from './path.ts';

/** Addresses of Google's flows that a file leaves out. */
const DEFAULTS: Readonly<Record<string, string>> = {
  service_account: 'oauth2.googleapis.com',
  authorized_user: 'oauth2.googleapis.com',
  external_account: 'sts.googleapis.com',
};

type File = Record<string, unknown>;

/** The hosts that Google's credentials may be asked of on this machine: those of its file, or the metadata server. */
export async function googleHosts(env: Env): Promise<readonly string[]> {
  const path = credentialsPath(env)?.path;
  const file = path === undefined ? undefined : await readObject(path);
  const own = file === undefined ? [] : hostsOf(file);
  const machine = metadataHost(env);
  return [...new Set([...own, ...(machine === undefined ? [] : [machine])])];
}

async function readObject(path: string): Promise<File | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as File) : undefined;
  } catch {
    return undefined;
  }
}

function hostsOf(file: File): string[] {
  const source = (file.credential_source ?? {}) as File;
  const inner = file.source_credentials;
  const addresses = [
    ...[file.token_uri, file.token_url, file.service_account_impersonation_url, source.url],
    typeof file.type === 'string' ? `https://${DEFAULTS[file.type] ?? ''}` : undefined,
  ];
  const hosts = addresses.flatMap((address) => {
    const host = typeof address === 'string' ? URL.parse(address)?.host : undefined;
    return host === undefined || host === '' ? [] : [host];
  });
  return typeof inner === 'object' && inner !== null
    ? [...hosts, ...hostsOf(inner as File)]
    : hosts;
}
