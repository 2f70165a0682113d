import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';

import { mlcError } from '@mlcontainer/plugin-kit';

import { variable, type Environment } from '../environment.ts';
import { errno } from '../store/faults.ts';

/** `configured`: Node's roots and the files named; `system`: those of the operating system besides. */
export type TrustLevel = 'configured' | 'system';

/** What one request says about TLS, apart from the surroundings. */
export interface TlsSettings {
  /** PEM file, trusted besides. */
  readonly caFile?: string | undefined;
  readonly clientCert?: ClientCertificate | undefined;
  /** The server's certificate is not verified. */
  readonly insecure?: boolean | undefined;
}

/** What this machine shows of itself; PEM files. */
export interface ClientCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The variables that name a file with CA certificates; they add to Node's roots and replace nothing. */
const CA_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const;

/**
 * The certificates to trust and to show, ready for TLS; undefined where Node's own roots are all, which is the fast
 * case, and none where nobody is verified. Throws MLC7015 where the CA file that a request names cannot be used,
 * MLC7018 for its client certificate; a variable may name a missing file, as OpenSSL and Node let it.
 */
export async function createTrust(
  env: Environment,
  { caFile, clientCert, insecure }: TlsSettings,
  level: TrustLevel,
): Promise<SecureContext | undefined> {
  const named = CA_VARIABLES.map((name) => variable(env, name)).filter(
    (path) => path !== undefined,
  );
  const files = [...new Set([...named, ...(caFile === undefined ? [] : [caFile])])];
  const shown = clientCert === undefined ? {} : await readClientCertificate(clientCert);
  // Reading 150 roots that nobody is verified by takes 20 ms.
  if (insecure === true && caFile === undefined) return secureContext({ ca: [], ...shown }, []);
  if (files.length === 0 && level === 'configured' && clientCert === undefined) return undefined;
  const texts = await Promise.all(files.map((path) => readCa(path, path === caFile)));
  const system = level === 'system' ? getCACertificates('system') : [];
  const extra = texts.filter((text) => text !== undefined);
  const ca = [...new Set([...getCACertificates('default'), ...system, ...extra])];
  return secureContext({ ca, ...shown }, files);
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

function secureContext(options: SecureContextOptions, files: readonly string[]): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    const detail = (error as Error).message;
    throw mlcError('MLC7015', { path: files.join(', '), detail }, { cause: error });
  }
}

/** The pair is checked here: TLS itself would say nothing before the first connection. */
async function readClientCertificate({
  certFile,
  keyFile,
}: ClientCertificate): Promise<{ cert: string; key: string }> {
  const cert = await readPem(certFile, checkCertificates);
  const key = await readPem(keyFile, (text) => void createPrivateKey(text));
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw mlcError('MLC7018', { path: keyFile, detail: `it is not the key of ${certFile}` });
  return { cert, key };
}

async function readPem(path: string, check: (text: string) => void): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    check(text);
    return text;
  } catch (error) {
    const detail = errno(error) ?? (error as Error).message;
    throw mlcError('MLC7018', { path, detail }, { cause: error });
  }
}
