import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noise, prose } from '../../test/support/entries.ts';
import { chunks, collect } from '../../test/support/streams.ts';
import { MEDIA_TYPES } from '../descriptor.ts';
import { compressionOf, decompress } from './decompress.ts';

const PACKERS = [
  [MEDIA_TYPES.layerGzip, gzipSync],
  [MEDIA_TYPES.layerZstd, zstdCompressSync],
] as const;

test.each(PACKERS)('%s: any number of members, in any chunks', async (mediaType, pack) => {
  const piece = fc.oneof(
    fc.nat(300_000).map((size) => prose(size)),
    fc.nat(200).map((size) => noise(size)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 70_000 }),
      async (pieces, size) => {
        const packed = Buffer.concat(pieces.map((bytes) => pack(bytes)));
        const stream = chunks(packed, Math.max(size, Math.ceil(packed.length / 300)));
        const plain = await collect(decompress(stream, mediaType));
        expect(plain.equals(Buffer.concat(pieces))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test.each(PACKERS)('%s: garbage behind a member is an error', async (mediaType, pack) => {
  const packed = Buffer.concat([pack(prose(1000)), Buffer.from('garbage')]);
  for (const size of [1, 10, 1000, 5000]) {
    await expect(collect(decompress(chunks(packed, size), mediaType))).rejects.toThrow();
  }
});

test.each(PACKERS)('%s: an error of the source comes through', async (mediaType, pack) => {
  async function* broken() {
    yield pack(noise(100_000)).subarray(0, 50_000);
    throw new Error('disk');
  }
  await expect(collect(decompress(broken(), mediaType))).rejects.toThrow('disk');
});

test.each(PACKERS)('%s: lets go of the source when the consumer stops', async (mediaType, pack) => {
  let closed = false;
  async function* source() {
    try {
      yield* chunks(pack(noise(3_000_000)), 1000);
    } finally {
      closed = true;
    }
  }
  for await (const chunk of decompress(source(), mediaType)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(closed).toBe(true);
});

test('a truncated gzip layer is an error', async () => {
  const packed = gzipSync(prose(100_000));
  await expect(
    collect(decompress(chunks(packed.subarray(0, -9)), MEDIA_TYPES.layerGzip)),
  ).rejects.toThrow();
});

test('media types', () => {
  expect(compressionOf('application/vnd.docker.image.rootfs.diff.tar.gzip')).toBe('gzip');
  expect(compressionOf(MEDIA_TYPES.layer)).toBe('none');
  expect(compressionOf('text/plain')).toBeUndefined();
  expect(() => decompress(chunks(new Uint8Array(0)), 'text/plain')).toThrow();
});
