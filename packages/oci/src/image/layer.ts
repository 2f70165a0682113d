import { createReadStream } from 'node:fs';
import type { ByteStream } from '@mlcontainer/plugin-kit';
import type { Digest } from '../descriptor.ts';
import { createTally } from '../layer/sink.ts';
import { decompress } from './decompress.ts';

/** A layer; each fact is read or computed when it is asked for, once. After go-containerregistry's v1.Layer. */
export interface Layer {
  digest(): Promise<Digest>;
  diffId(): Promise<Digest>;
  /** Bytes as stored. */
  size(): Promise<number>;
  mediaType(): Promise<string>;
  /** The bytes as stored. */
  compressed(): ByteStream;
  /** The tar. */
  uncompressed(): ByteStream;
}

/** What is known of a layer without reading it. */
export interface KnownLayer {
  readonly mediaType: string;
  readonly digest?: Digest;
  readonly size?: number;
  readonly diffId?: Digest;
}

/** A layer over any source of its stored bytes. Facts that are given are believed, others computed from the bytes. */
export function layerFrom(open: () => ByteStream, known: KnownLayer): Layer {
  const stored = once(() => tallyOf(open()));
  const unpacked = once(() => tallyOf(decompress(open(), known.mediaType)));
  return {
    digest: async () => known.digest ?? (await stored()).digest,
    size: async () => known.size ?? (await stored()).size,
    diffId: async () => known.diffId ?? (await unpacked()).digest,
    mediaType: () => Promise.resolve(known.mediaType),
    compressed: open,
    uncompressed: () => decompress(open(), known.mediaType),
  };
}

/** A layer in a file. */
export function layerFromFile(path: string, known: KnownLayer): Layer {
  return layerFrom(() => createReadStream(path) as AsyncIterable<Uint8Array>, known);
}

function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= compute());
}

async function tallyOf(stream: ByteStream): Promise<{ digest: Digest; size: number }> {
  const tally = createTally();
  for await (const chunk of stream) tally.update(chunk);
  return { digest: tally.digest(), size: tally.size };
}
