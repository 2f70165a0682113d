import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output, type KeyPair } from '@mlcontainer/tools';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of a test's own. */
export async function makeAuthority(folder: string, name: string): Promise<KeyPair> {
  const pair = pairIn(folder, name);
  const use = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'];
  await output('openssl', [
    ...['req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`, ...use],
    ...['-keyout', pair.key, '-out', pair.cert],
  ]);
  return pair;
}

/** A server's certificate for some host names, signed by an authority. */
export async function makeCertificate(
  folder: string,
  authority: KeyPair,
  hosts: readonly string[],
): Promise<KeyPair> {
  const [first = 'server'] = hosts;
  const pair = pairIn(folder, first);
  const request = join(folder, `${first}.csr`);
  const extensions = join(folder, `${first}.ext`);
  await writeFile(extensions, `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}\n`);
  await output('openssl', [
    ...['req', '-new', ...KEY, '-subj', `/CN=${first}`, '-keyout', pair.key, '-out', request],
  ]);
  await output('openssl', [
    ...['x509', '-req', '-in', request, '-days', '2', '-CAcreateserial', '-extfile', extensions],
    ...['-CA', authority.cert, '-CAkey', authority.key, '-out', pair.cert],
  ]);
  return pair;
}

function pairIn(folder: string, name: string): KeyPair {
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}
