import type { ByteStream } from '@mlcontainer/plugin-kit';

/** A stream of given bytes in chunks of a given size. */
export async function* chunks(bytes: Uint8Array, size = 1 << 16): ByteStream {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(stream: ByteStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
