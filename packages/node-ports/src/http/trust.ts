import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

import { mlcError } from '@mlcontainer/plugin-kit';

import { variable, type Environment } from '../environment.ts';
import { errno } from '../store/faults.ts';

/** `configured`: Node's roots and the files named; `system`: those of the operating system besides. */
export type TrustLevel = 'configured' | 'system';

/** The variables that name a file with CA certificates; they add to Node's roots and replace nothing. */
const CA_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const;

/**
 * The certificates to trust, ready for TLS; undefined where Node's own roots are all, which is the fast case.
 * Throws MLC7015 where the file that a request names cannot be used; a variable may name a missing file, as
 * OpenSSL and Node let it.
 */
export async function createTrust(
  env: Environment,
  caFile: string | undefined,
  level: TrustLevel,
): Promise<SecureContext | undefined> {
  const named = CA_VARIABLES.map((name) => variable(env, name)).filter(
    (path) => path !== undefined,
  );
  const files = [...new Set([...named, ...(caFile === undefined ? [] : [caFile])])];
  if (files.length === 0 && level === 'configured') return undefined;
  const texts = await Promise.all(files.map((path) => readCa(path, path === caFile)));
  const system = level === 'system' ? getCACertificates('system') : [];
  const extra = texts.filter((text) => text !== undefined);
  return secureContext([...getCACertificates('default'), ...system, ...extra], files);
}

async function readCa(path: string, required: boolean): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    if (required) checkCertificates(text);
    return text;
  } catch (error) {
    if (!required && errno(error) !== undefined) return undefined;
    throw mlcError('MLC7015', { path, detail: (error as Error).message }, { cause: error });
  }
}

/** TLS itself leaves out what it cannot parse, and only says later that it trusts nobody. */
function checkCertificates(text: string): void {
  const blocks = text.match(
    /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]+-----END [A-Z0-9 ]*CERTIFICATE-----/g,
  );
  if (blocks === null) throw new Error('it holds no PEM certificate');
  for (const block of blocks) new X509Certificate(block);
}

function secureContext(certificates: readonly string[], files: readonly string[]): SecureContext {
  try {
    return createSecureContext({ ca: [...new Set(certificates)] });
  } catch (error) {
    const detail = (error as Error).message;
    throw mlcError('MLC7015', { path: files.join(', '), detail }, { cause: error });
  }
}
