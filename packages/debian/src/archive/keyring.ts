import { mlcError } from '@mlcontainer/plugin-kit';
import type { PublicKey } from 'openpgp';
import { ARCHIVE_KEYS } from './archive-keys.ts';

/** The fingerprints of the Debian keys that are shipped, as `keys/` holds them. */
export const TRUSTED_FINGERPRINTS: readonly string[] = ARCHIVE_KEYS.map((key) => key.fingerprint);

/**
 * The keys to trust: those of a keyring, armored or binary, else the shipped Debian ones.
 * Throws MLC4013 when the keyring holds none.
 */
export async function trustedKeys(keyring: Uint8Array | undefined): Promise<PublicKey[]> {
  const { readKey, readKeys } = await import('openpgp');
  if (keyring === undefined) {
    return Promise.all(ARCHIVE_KEYS.map((key) => readKey({ armoredKey: key.armored })));
  }
  const text = new TextDecoder('latin1').decode(keyring.subarray(0, 4096));
  try {
    const keys = text.includes('-----BEGIN PGP')
      ? await readKeys({ armoredKeys: new TextDecoder().decode(keyring) })
      : await readKeys({ binaryKeys: keyring });
    if (keys.length > 0) return keys.map((key) => key.toPublic());
  } catch (cause) {
    throw mlcError('MLC4013', { keyring: 'The keyring', detail: detailOf(cause) }, { cause });
  }
  throw mlcError('MLC4013', { keyring: 'The keyring', detail: 'it is empty' });
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
