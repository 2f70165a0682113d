import { mlcError } from '@mlcontainer/plugin-kit';
import type { PublicKey, VerifyMessageResult } from 'openpgp';
import { checkClearsignFrame } from './clearsign.ts';

/** One signature of a release file that held. */
export interface Signer {
  /** Fingerprint of the primary key, upper-case hex. */
  readonly fingerprint: string;
}

/** The signed text, and nothing but it. */
export interface SignedText {
  readonly text: string;
  readonly signers: readonly Signer[];
}

type Verification = VerifyMessageResult<string>['signatures'][number];

/**
 * Verifies a clear-signed file (RFC 9580, section 7) against trusted keys, and returns the text that was signed,
 * not the text of the file. At least one trusted key must have signed, and no signature of a trusted key may be
 * bad; signatures by unknown keys are passed over, as apt does. SHA-1, MD5 and short RSA keys do not count.
 *
 * `at` is the moment at which keys must be valid. Throws MLC4001 to MLC4004.
 */
export async function verifyClearsigned(
  file: Uint8Array,
  options: { url: string; keys: readonly PublicKey[]; at: Date },
): Promise<SignedText> {
  const { url, keys, at } = options;
  const text = decode(file, url);
  checkClearsignFrame(text, url);
  const { readCleartextMessage, verify } = await import('openpgp');
  const result = await readCleartextMessage({ cleartextMessage: text })
    .then((message) => verify({ message, verificationKeys: [...keys], date: at }))
    .catch((cause: unknown) => {
      throw mlcError('MLC4001', { url, detail: messageOf(cause) }, { cause });
    });
  const signers = await signersOf(result.signatures, keys, url);
  return { text: result.data, signers };
}

function decode(file: Uint8Array, url: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch (cause) {
    throw mlcError('MLC4001', { url, detail: 'not a text file' }, { cause });
  }
}

async function signersOf(
  signatures: readonly Verification[],
  keys: readonly PublicKey[],
  url: string,
): Promise<Signer[]> {
  const signers: Signer[] = [];
  const strangers: string[] = [];
  for (const signature of signatures) {
    const id = signature.keyID.toHex().toUpperCase();
    const key = keys.find((one) => one.getKeys(signature.keyID).length > 0);
    const failure = await failureOf(signature);
    if (key === undefined) strangers.push(id);
    else if (failure !== undefined) throw mlcError('MLC4004', { url, signer: id, detail: failure });
    else signers.push({ fingerprint: key.getFingerprint().toUpperCase() });
  }
  if (signers.length > 0) return signers;
  const trusted = keys.map((key) => key.getFingerprint().toUpperCase());
  throw mlcError('MLC4003', { url, signers: strangers, trusted });
}

async function failureOf(signature: Verification): Promise<string | undefined> {
  try {
    await signature.verified;
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
