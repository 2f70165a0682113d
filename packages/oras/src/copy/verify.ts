import { createHash } from 'node:crypto';
import type { Descriptor } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';

/** Passes bytes on and throws MLC6513 as soon as they cannot be those of the descriptor, at the latest on the last. */
export async function* verified(
  stream: ByteStream,
  descriptor: Descriptor,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { digest, size } = descriptor;
  const hash = createHash('sha256');
  let received = 0;
  for await (const chunk of stream) {
    signal.throwIfAborted();
    received += chunk.length;
    if (received > size) throw mismatch(name, descriptor, `more than ${size} bytes`);
    hash.update(chunk);
    yield chunk;
  }
  if (received < size) throw mismatch(name, descriptor, `${received} of ${size} bytes`);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw mismatch(name, descriptor, actual);
}

function mismatch(name: string, { digest }: Descriptor, actual: string): Error {
  return mlcError('MLC6513', { name, expected: digest, actual });
}
