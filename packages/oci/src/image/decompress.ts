import { once } from 'node:events';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { MEDIA_TYPES } from '../descriptor.ts';

/** How a layer is stored. */
export type StoredCompression = 'gzip' | 'zstd' | 'none';

const COMPRESSIONS: Readonly<Record<string, StoredCompression>> = {
  [MEDIA_TYPES.layer]: 'none',
  [MEDIA_TYPES.layerGzip]: 'gzip',
  [MEDIA_TYPES.layerZstd]: 'zstd',
  'application/vnd.docker.image.rootfs.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'gzip',
};

/** How a layer of a media type is stored, Docker's types included; undefined for one that is no layer's. */
export function compressionOf(mediaType: string): StoredCompression | undefined {
  return COMPRESSIONS[mediaType];
}

/** The tar inside a layer: gzip of any number of members, zstd of any number of frames, or plain. Throws MLC6057. */
export function decompress(stream: ByteStream, mediaType: string): ByteStream {
  const compression = compressionOf(mediaType);
  if (compression === 'gzip') return gunzip(stream);
  if (compression === 'zstd') return unzstd(stream);
  if (compression === 'none') return stream;
  throw mlcError('MLC6057', { digest: 'layer', detail: `${mediaType} is no layer` });
}

function gunzip(stream: ByteStream): ByteStream {
  const gunzipped = createGunzip({ chunkSize: 1 << 17 });
  // Errors of either side come out of the loop over `gunzipped`.
  pipeline(stream, gunzipped, () => undefined);
  return gunzipped as AsyncIterable<Uint8Array>;
}

/** Node's zstd stream drops what follows a frame in the same chunk, so each rest is given to a new stream. */
async function* unzstd(stream: ByteStream): AsyncGenerator<Uint8Array, void> {
  const source = stream[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined;
  const next = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      const chunk = rest ?? valueOf(await source.next());
      rest = undefined;
      if (chunk === undefined || chunk.length > 0) return chunk;
    }
  };
  try {
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
      const zstd = createZstdDecompress();
      const feeding = feed(zstd, chunk, next);
      feeding.catch((error: unknown) => zstd.destroy(error as Error));
      for await (const piece of zstd as AsyncIterable<Uint8Array>) yield piece;
      rest = await feeding;
    }
  } finally {
    await source.return?.();
  }
}

function valueOf(result: IteratorResult<Uint8Array, unknown>): Uint8Array | undefined {
  return result.done === true ? undefined : result.value;
}

/** Gives chunks until the stream ends by itself; returns the bytes that it did not take. */
async function feed(
  zstd: ReturnType<typeof createZstdDecompress>,
  first: Uint8Array,
  next: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  const ended = once(zstd, 'end');
  ended.catch(() => undefined);
  let fed = 0;
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = await next()) {
    fed += chunk.length;
    const taken = new Promise((resolve) => zstd.write(chunk, resolve));
    await Promise.race([taken, ended]);
    const left = fed - zstd.bytesWritten;
    if (left > 0) return chunk.subarray(chunk.length - left);
  }
  zstd.end();
  return new Uint8Array(0);
}
