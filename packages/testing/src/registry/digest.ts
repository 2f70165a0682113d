import { createHash, type Hash } from 'node:crypto';

/** The algorithms that image-spec registers, with the length of their hex form. */
const LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** `algorithm:encoded` (image-spec, descriptor.md, Digests), whether we know the algorithm or not. */
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** Whether a text has the form of a digest. */
export function looksLikeDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Whether a text is a digest of a registered algorithm. */
export function isDigest(text: string): boolean {
  const [algorithm = '', encoded = ''] = text.split(':');
  return (
    looksLikeDigest(text) && LENGTHS[algorithm] === encoded.length && /^[a-f0-9]+$/.test(encoded)
  );
}

/** The algorithm of a digest. */
export function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** A hash of a registered algorithm; undefined for another. */
export function hashFor(algorithm: string): Hash | undefined {
  return Object.hasOwn(LENGTHS, algorithm) ? createHash(algorithm) : undefined;
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
