import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

import { bits, der, integer, octets, oid, sequence, setOf, time, TRUE, utf8 } from './der.ts';

/** A server's certificate with its key, and the authority that signed it; PEM. */
export interface Certificate {
  readonly key: string;
  readonly chain: string;
  readonly ca: string;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const DAY = 24 * 60 * 60 * 1000;
const AUTHORITY = nameOf('mlcontainer test authority');

/** A certificate for names and addresses, good for a week (RFC 5280), by an authority that is made with it. */
export function makeCertificate(names: readonly string[]): Certificate {
  const [authority, server] = [newKeys(), newKeys()];
  const ca = signed(authority.privateKey, {
    subject: AUTHORITY,
    key: authority.publicKey,
    extensions: [
      extension('2.5.29.19', sequence(TRUE), 'critical'),
      // keyCertSign and cRLSign.
      extension('2.5.29.15', der(0x03, Buffer.of(1, 0x06)), 'critical'),
    ],
  });
  const chain = signed(authority.privateKey, {
    subject: nameOf('registry'),
    key: server.publicKey,
    extensions: [extension('2.5.29.17', sequence(...names.map(alternativeName)))],
  });
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { key, chain, ca };
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

interface Content {
  readonly subject: Uint8Array;
  readonly key: KeyObject;
  readonly extensions: readonly Uint8Array[];
}

function signed(authority: KeyObject, { subject, key, extensions }: Content): string {
  const now = Date.now();
  const content = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(randomBytes(16)),
    ECDSA_SHA256,
    AUTHORITY,
    sequence(time(new Date(now - DAY)), time(new Date(now + 7 * DAY))),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, authority);
  return pem(sequence(content, ECDSA_SHA256, bits(signature)));
}

/** A distinguished name of a common name alone. */
function nameOf(commonName: string): Uint8Array {
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, value: Uint8Array, critical?: 'critical'): Uint8Array {
  return sequence(oid(id), ...(critical === undefined ? [] : [TRUE]), octets(value));
}

/** dNSName or iPAddress. */
function alternativeName(name: string): Uint8Array {
  const version = isIP(name);
  if (version === 0) return der(0x82, Buffer.from(name));
  return der(0x87, version === 4 ? Buffer.from(name.split('.').map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = address.split('::');
  const words = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [words(head), words(tail ?? '')];
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array<string>(gap).fill('0'), ...after];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function pem(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
