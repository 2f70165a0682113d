import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { mlcError } from '@mlcontainer/plugin-kit';

import { variable, type Env } from '../credentials/look.ts';
import { configFolder, type SystemFolders } from './conf-files.ts';

/** What a certs.d folder holds for a registry. */
export interface RegistryCertificates {
  readonly caFile?: string;
  readonly clientCert?: { readonly certFile: string; readonly keyFile: string };
  /** The folder. */
  readonly source: string;
}

/**
 * Certificates by exact host (containers-certs.d(5); Docker, "Verify repository client with certificates"): the first
 * folder of a user or the system that is there counts. Throws MLC6811 for a certificate without its key.
 */
export async function readCertificates(
  env: Env,
  { etc }: SystemFolders,
  registry: string,
): Promise<RegistryCertificates | undefined> {
  if (registry.includes('/') || registry.startsWith('.')) return undefined;
  const home = variable(env, 'HOME');
  const config = configFolder(env);
  const roots = [
    ...(config === undefined ? [] : [join(config, 'containers', 'certs.d')]),
    ...(home === undefined ? [] : [join(home, '.docker', 'certs.d')]),
    join(etc, 'containers', 'certs.d'),
    join(etc, 'docker', 'certs.d'),
  ];
  for (const root of roots) {
    const folder = join(root, registry);
    const names = await namesIn(folder);
    if (names !== undefined) return certificatesOf(folder, names);
  }
  return undefined;
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    // Not there, or not for this user.
    return undefined;
  }
}

function certificatesOf(folder: string, names: readonly string[]): RegistryCertificates {
  const roots = names.filter((name) => name.endsWith('.crt'));
  const ca = roots.includes('ca.crt') ? 'ca.crt' : roots[0];
  const certs = names.filter((name) => name.endsWith('.cert'));
  for (const name of names) {
    const other = name.endsWith('.key')
      ? name.replace(/\.key$/, '.cert')
      : name.replace(/\.cert$/, '.key');
    if (other === name || names.includes(other)) continue;
    throw mlcError('MLC6811', { path: join(folder, name), detail: `${other} is not beside it` });
  }
  const cert = certs.includes('client.cert') ? 'client.cert' : certs[0];
  return {
    ...(ca === undefined ? {} : { caFile: join(folder, ca) }),
    ...(cert === undefined
      ? {}
      : {
          clientCert: {
            certFile: join(folder, cert),
            keyFile: join(folder, cert.replace(/\.cert$/, '.key')),
          },
        }),
    source: folder,
  };
}
