import fc from 'fast-check';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';
import { clearsign, makeKey, NOW } from '../../test/support/repository.ts';
import { trustedKeys } from './keyring.ts';
import { verifyClearsigned } from './verify.ts';

const key = makeKey('archive');
const text = 'Origin: Test\n- dashed\n-----BEGIN PGP SIGNED MESSAGE-----\nCodename: bookworm \n';
const signed = Buffer.from(clearsign(key, text));
const options = { url: 'http://test/InRelease', keys: await trustedKeys(key.keyring), at: NOW };

describe('verifyClearsigned', () => {
  it('gives the text that was signed, dashes and all', async () => {
    const found = await verifyClearsigned(signed, options);
    expect(found.text.trimEnd()).toBe(text.replace('bookworm \n', 'bookworm'));
    expect(found.signers.map((signer) => signer.fingerprint)).toEqual(
      options.keys.map((one) => one.getFingerprint().toUpperCase()),
    );
  });

  it('takes line ends of either kind', async () => {
    const found = await verifyClearsigned(
      Buffer.from(signed.toString().replaceAll('\n', '\r\n')),
      options,
    );
    expect(found.signers).toHaveLength(1);
  });

  it('gives the same text or a coded error, whatever byte is changed', async () => {
    const good = (await verifyClearsigned(signed, options)).text;
    await fc.assert(
      fc.asyncProperty(fc.nat(signed.length - 1), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(signed);
        bytes[at] = value;
        const outcome = await verifyClearsigned(bytes, options).catch((error: unknown) => error);
        if (outcome instanceof Error)
          expect(isMlcError(outcome) ? outcome.code : outcome).toMatch(/^MLC400[1-4]$/);
        else expect(outcome).toMatchObject({ text: good });
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same text or a coded error, whatever line is put in', async () => {
    const good = (await verifyClearsigned(signed, options)).text;
    const lines = signed.toString().split('\n');
    const extra = fc.constantFrom(
      '',
      ' ',
      'Codename: evil',
      'Hash: SHA1',
      'Hash: MD5',
      '- x',
      ...lines,
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length), extra, async (at, line) => {
        const file = Buffer.from(lines.toSpliced(at, 0, line).join('\n'));
        const outcome = await verifyClearsigned(file, options).catch((error: unknown) => error);
        if (outcome instanceof Error)
          expect(isMlcError(outcome) ? outcome.code : outcome).toMatch(/^MLC400[1-4]$/);
        else expect(outcome).toMatchObject({ text: good });
      }),
      { numRuns: 300 },
    );
  });
});
