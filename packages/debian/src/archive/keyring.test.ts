import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKey } from 'openpgp';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_KEYS } from './archive-keys.ts';
import { trustedKeys, TRUSTED_FINGERPRINTS } from './keyring.ts';

const folder = join(import.meta.dirname, '../../keys');

describe('the shipped keys', () => {
  it('are the files of keys/, each with the fingerprint that is shown', async () => {
    const names = readdirSync(folder).map((name) => name.replace(/\.asc$/, ''));
    expect(ARCHIVE_KEYS.map((key) => key.name)).toEqual(names.toSorted());
    for (const { name, armored, fingerprint } of ARCHIVE_KEYS) {
      expect(armored).toBe(readFileSync(join(folder, `${name}.asc`), 'utf8'));
      expect((await readKey({ armoredKey: armored })).getFingerprint().toUpperCase()).toBe(
        fingerprint,
      );
    }
  });

  it('are listed in the README', () => {
    const readme = readFileSync(join(folder, '../README.md'), 'utf8').replaceAll(' ', '');
    for (const fingerprint of TRUSTED_FINGERPRINTS) expect(readme).toContain(fingerprint);
  });

  it('are valid for years, and public', async () => {
    for (const key of await trustedKeys(undefined)) {
      expect(key.isPrivate()).toBe(false);
      await expect(key.verifyPrimaryKey(new Date('2030-01-01'))).resolves.toBeUndefined();
    }
  });

  it('give way to a keyring, armored or binary, of several keys', async () => {
    const [one, two] = await Promise.all(
      ARCHIVE_KEYS.slice(0, 2).map((key) => readKey({ armoredKey: key.armored })),
    );
    const binary = Buffer.concat([
      one?.write() ?? new Uint8Array(),
      two?.write() ?? new Uint8Array(),
    ]);
    expect(await trustedKeys(binary)).toHaveLength(2);
    expect(await trustedKeys(Buffer.from(ARCHIVE_KEYS[0]?.armored ?? ''))).toHaveLength(1);
  });
});
