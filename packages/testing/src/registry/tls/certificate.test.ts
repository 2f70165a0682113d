import { X509Certificate } from 'node:crypto';

import { expect, it } from 'vitest';

import { makeCertificate } from './certificate.ts';
import { integer } from './der.ts';

it('makes a certificate that its authority has signed, for names and addresses', () => {
  const { chain, ca, key } = makeCertificate(['localhost', '127.0.0.1', '::1', 'fe80::1:2']);
  const [leaf, authority] = [new X509Certificate(chain), new X509Certificate(ca)];
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leaf.checkIssued(authority)).toBe(true);
  expect([authority.ca, leaf.ca]).toEqual([true, false]);
  expect(leaf.checkHost('localhost')).toBe('localhost');
  for (const address of ['127.0.0.1', '::1', 'fe80::1:2'])
    expect(leaf.checkIP(address)).toBe(address);
  expect(leaf.checkIP('127.0.0.2')).toBeUndefined();
  expect(key).toContain('PRIVATE KEY');
});

it.each([
  ['00', '020100'],
  ['0000', '020100'],
  ['007f', '02017f'],
  ['0080', '02020080'],
  ['80', '02020080'],
  ['000001ff', '020201ff'],
])('writes the integer %s as %s', (bytes, expected) => {
  expect(integer(Buffer.from(bytes, 'hex')).toString('hex')).toBe(expected);
});
