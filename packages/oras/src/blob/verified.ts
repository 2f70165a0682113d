import { createHash } from 'node:crypto';

import type { Descriptor } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';

/** Passes bytes on and throws MLC6513 at their end, or as soon as they are too many, where they are not the descriptor's. */
export async function* verified(
  source: ByteStream,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  name: string,
): ByteStream {
  const hash = createHash('sha256');
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.byteLength;
    if (seen > size) throw mismatch(name, `${digest} of ${size} bytes`, 'more bytes');
    hash.update(chunk);
    yield chunk;
  }
  if (seen < size) throw mismatch(name, `${digest} of ${size} bytes`, `${seen} bytes`);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw mismatch(name, digest, actual);
}

/** MLC6513 */
export function mismatch(name: string, expected: string, actual: string): Error {
  return mlcError('MLC6513', { name, expected, actual });
}
