import { crc32 } from 'node:zlib';
import { MEDIA_TYPES } from '../descriptor.ts';
import type { DeflatedContent } from '../entry.ts';
import { createDeflater } from './deflate.ts';
import { GZIP_HEADER, gzipTrailer } from './gzip.ts';
import { inflateContent } from './inflate.ts';
import { pool } from './pool.ts';
import { createBlockBuffer, emit, type LayerSink, type SinkParts } from './sink.ts';

// A layer's buffers serve the next one.
const deflaters = pool(() => createDeflater());

/**
 * gzip in members (RFC 1952, 2.2: "a gzip file consists of a series of members"). Tar bytes are collected and cut
 * after each MiB; each piece is a member. A deflate stream that is handed in becomes a member as it is: our header,
 * its bytes, its CRC-32 and size. It is inflated on the way, for the diffID and to prove CRC and size, unless the diffID
 * is known.
 */
export function gzipMembersSink(parts: SinkParts): LayerSink {
  const deflater = deflaters.take();
  const flush = async (size: number): Promise<void> => {
    if (size === 0) return;
    const block = deflater.input.subarray(0, size);
    parts.raw.update(block);
    const trailer = gzipTrailer(crc32(block), size);
    await emit(parts, Buffer.concat([GZIP_HEADER, deflater.deflate(size, true), trailer]));
  };
  const pending = createBlockBuffer(deflater.input, flush);
  const endMember = (): Promise<void> => flush(pending.take());
  return {
    mediaType: MEDIA_TYPES.layerGzip,
    add: pending.add,
    splice: async (content, path) => {
      await endMember();
      await emit(parts, GZIP_HEADER);
      await carry(parts, content, path);
      await emit(parts, gzipTrailer(content.crc32, content.size));
    },
    end: async () => {
      await endMember();
      deflaters.give(deflater);
    },
  };
}

async function carry(parts: SinkParts, content: DeflatedContent, path: string): Promise<void> {
  const { raw } = parts;
  const deflated = (chunk: Uint8Array): Promise<void> => emit(parts, chunk);
  if (raw.pass === undefined)
    return inflateContent(content, path, { deflated, inflated: (chunk) => raw.update(chunk) });
  for await (const chunk of content.open()) await deflated(chunk);
  raw.pass(content.size);
}

/** gzip as one member: for readers that stop after the first. The same deflate and cuts, as blocks of one stream. */
export function gzipSingleSink(parts: SinkParts): LayerSink {
  const deflater = deflaters.take();
  let sum = 0;
  const flush = async (size: number, last: boolean): Promise<void> => {
    const block = deflater.input.subarray(0, size);
    if (parts.raw.size === 0) await emit(parts, GZIP_HEADER);
    parts.raw.update(block);
    sum = crc32(block, sum);
    // A copy: the consumer may keep the chunk.
    await emit(parts, deflater.deflate(size, last).slice());
  };
  const pending = createBlockBuffer(deflater.input, (size) => flush(size, false));
  return {
    mediaType: MEDIA_TYPES.layerGzip,
    add: pending.add,
    end: async () => {
      await flush(pending.take(), true);
      await emit(parts, gzipTrailer(sum, parts.raw.size));
      deflaters.give(deflater);
    },
  };
}

/** Compressed sizes from which a deflate stream becomes a member instead of being deflated again. */
export const SPLICE_FROM = 4 * 1024;

/** Whether a content goes into the layer as it is. */
export function isSpliced(content: DeflatedContent): boolean {
  return content.deflatedSize >= SPLICE_FROM;
}
