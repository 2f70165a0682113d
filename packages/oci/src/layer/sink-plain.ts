import { once } from 'node:events';
import { constants, createZstdCompress } from 'node:zlib';
import { MEDIA_TYPES } from '../descriptor.ts';
import { createBlockBuffer, emit, type LayerSink, type SinkParts } from './sink.ts';

const BLOCK_BYTES = 1 << 20;
/** From this size a chunk is handed on as it is, without passing the buffer. */
const DIRECT_FROM = 64 * 1024;
const ZSTD_LEVEL = 6;

/** Plain tar: hashed once, since digest and diffID are the same. */
export function plainSink(parts: SinkParts): LayerSink {
  const buffer = new Uint8Array(BLOCK_BYTES);
  const flush = async (size: number): Promise<void> => {
    if (size === 0) return;
    // A copy: the consumer may keep the chunk.
    await emit(parts, buffer.slice(0, size));
  };
  const pending = createBlockBuffer(buffer, flush);
  return {
    mediaType: MEDIA_TYPES.layer,
    add: async (bytes) => {
      if (bytes.length < DIRECT_FROM) return pending.add(bytes);
      await flush(pending.take());
      await emit(parts, bytes);
    },
    end: () => flush(pending.take()),
  };
}

/**
 * One zstd frame (RFC 8878) by the zstd inside Node. Its bytes follow that library's version, so they are the same
 * on one Node release only; docker engines before 23 cannot read it.
 */
export function zstdSink(parts: SinkParts): LayerSink {
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
  const drained = pump(zstd, parts);
  // Whoever waits for it sees the failure; until then it must not count as unhandled.
  drained.catch(() => undefined);
  const buffer = new Uint8Array(BLOCK_BYTES);
  const flush = async (size: number): Promise<void> => {
    if (size === 0) return;
    const block = buffer.slice(0, size);
    parts.raw.update(block);
    if (!zstd.write(block)) await Promise.race([once(zstd, 'drain'), drained]);
  };
  const pending = createBlockBuffer(buffer, flush);
  return {
    mediaType: MEDIA_TYPES.layerZstd,
    add: pending.add,
    end: async () => {
      await flush(pending.take());
      zstd.end();
      await drained;
    },
  };
}

async function pump(zstd: ReturnType<typeof createZstdCompress>, parts: SinkParts): Promise<void> {
  for await (const chunk of zstd as AsyncIterable<Uint8Array>) await emit(parts, chunk);
}
