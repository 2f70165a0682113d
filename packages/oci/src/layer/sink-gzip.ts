import { crc32 } from 'node:zlib';
import { MEDIA_TYPES } from '../descriptor.ts';
import type { DeflatedContent } from '../entry.ts';
import { createDeflater, QUICK_LEVEL, type Deflater } from './deflate.ts';
import { GZIP_HEADER, gzipTrailer } from './gzip.ts';
import { inflateContent } from './inflate.ts';
import { pool } from './pool.ts';
import { createBlockBuffer, emit, type LayerSink, type SinkParts } from './sink.ts';

// A layer's buffers serve the next one.
const deflaters = {
  normal: pool(() => createDeflater()),
  quick: pool(() => createDeflater(QUICK_LEVEL)),
};

/**
 * gzip in members (RFC 1952, 2.2: "a gzip file consists of a series of members"). Tar bytes are collected and cut
 * after each MiB, and where the effort changes; each piece is a member. A deflate stream that is handed in becomes a
 * member as it is: our header, its bytes, its CRC-32 and size. It is inflated on the way, for the diffID and to prove
 * CRC and size.
 */
export function gzipMembersSink(parts: SinkParts): LayerSink {
  const normal = membersOf(parts, deflaters.normal.take());
  let quick: Members | undefined;
  let current = normal;
  return {
    mediaType: MEDIA_TYPES.layerGzip,
    add: (bytes) => current.add(bytes),
    quick: async (isQuick) => {
      if (isQuick === (current !== normal)) return;
      await current.end();
      if (isQuick) quick ??= membersOf(parts, deflaters.quick.take());
      current = (isQuick ? quick : undefined) ?? normal;
    },
    splice: async (content, path) => {
      await current.end();
      await emit(parts, GZIP_HEADER);
      await inflateContent(content, path, {
        deflated: (chunk) => emit(parts, chunk),
        inflated: (chunk) => parts.raw.update(chunk),
      });
      await emit(parts, gzipTrailer(content.crc32, content.size));
    },
    end: async () => {
      await current.end();
      deflaters.normal.give(normal.deflater);
      if (quick !== undefined) deflaters.quick.give(quick.deflater);
    },
  };
}

interface Members {
  readonly deflater: Deflater;
  add(bytes: Uint8Array): Promise<void>;
  /** Ends the member that is being collected. */
  end(): Promise<void>;
}

function membersOf(parts: SinkParts, deflater: Deflater): Members {
  const flush = async (size: number): Promise<void> => {
    if (size === 0) return;
    const block = deflater.input.subarray(0, size);
    parts.raw.update(block);
    const trailer = gzipTrailer(crc32(block), size);
    await emit(parts, Buffer.concat([GZIP_HEADER, deflater.deflate(size, true), trailer]));
  };
  const pending = createBlockBuffer(deflater.input, flush);
  return { deflater, add: pending.add, end: () => flush(pending.take()) };
}

/** gzip as one member: for readers that stop after the first. The same deflate and cuts, as blocks of one stream. */
export function gzipSingleSink(parts: SinkParts): LayerSink {
  const deflater = deflaters.normal.take();
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
      deflaters.normal.give(deflater);
    },
  };
}

/** Compressed sizes from which a deflate stream becomes a member instead of being deflated again. */
export const SPLICE_FROM = 4 * 1024;

/** Whether a content goes into the layer as it is. */
export function isSpliced(content: DeflatedContent): boolean {
  return content.deflatedSize >= SPLICE_FROM;
}
