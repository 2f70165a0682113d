import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate for 127.0.0.1 that nobody vouches for; needs openssl. */
export async function selfSigned(folder: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = ['self.key', 'self.pem'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=self', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', ...curve, ...subject, '-days', '2'],
    ...['-keyout', key, '-out', cert],
  ]).catch((cause: unknown) => {
    throw new Error('openssl is needed: apt-get install openssl', { cause });
  });
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}
