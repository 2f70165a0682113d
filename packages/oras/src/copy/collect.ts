import type { ByteStream } from '@mlcontainer/plugin-kit';

/** The bytes of a small stream; whoever calls has checked the size. */
export async function collect(stream: ByteStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** Passes bytes on until the signal says stop. */
export async function* until(
  signal: AbortSignal,
  stream: ByteStream,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of stream) {
    signal.throwIfAborted();
    yield chunk;
  }
}

/** Bytes in memory as a stream. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}
