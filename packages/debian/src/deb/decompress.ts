import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { xzDecompress } from './xz.ts';

/** How a member or an index is compressed, by the end of its name; `''` is not at all. */
export type Compression = '.xz' | '.gz' | '.zst' | '';

/** The decompressed stream; `name` is for messages. Throws MLC4033 on damaged data. */
export function decompress(source: ByteStream, compression: Compression, name: string): ByteStream {
  switch (compression) {
    case '.xz':
      return xzDecompress(source, name);
    case '.gz':
      return through(source, createGunzip(), name);
    case '.zst':
      return through(source, createZstdDecompress(), name);
    case '':
      return source;
  }
}

async function* through(
  source: ByteStream,
  transform: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const input = Readable.from(source, { objectMode: true });
  const failure: { cause?: Error } = {};
  input.on('error', (cause) => {
    failure.cause = cause;
    transform.destroy(cause);
  });
  input.pipe(transform);
  try {
    for await (const chunk of transform as AsyncIterable<Uint8Array>) yield chunk;
  } catch (cause) {
    if (failure.cause !== undefined) throw failure.cause;
    throw mlcError(
      'MLC4033',
      { name, detail: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  } finally {
    transform.destroy();
    input.destroy();
  }
}
