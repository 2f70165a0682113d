import type { ByteStream } from '@mlcontainer/plugin-kit';

/** The bytes of a small stream; whoever calls has checked the size. */
export async function collect(stream: ByteStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
