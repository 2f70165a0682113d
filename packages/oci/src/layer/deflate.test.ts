import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noise, prose } from '../../test/support/entries.ts';
import { createDeflater, type Deflater } from './deflate.ts';

function compress(deflater: Deflater, bytes: Uint8Array, last = true): Uint8Array {
  deflater.input.set(bytes);
  return deflater.deflate(bytes.length, last).slice();
}

const inflated = (bytes: Uint8Array): Buffer => inflateRawSync(bytes);

test('property: what is deflated inflates to the same', () => {
  const deflater = createDeflater();
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 4000 }),
    fc
      .record({ size: fc.nat(90_000), seed: fc.integer({ min: 1 }) })
      .map(({ size, seed }) => prose(size, seed)),
    fc
      .record({ size: fc.nat(90_000), seed: fc.integer({ min: 1 }) })
      .map(({ size, seed }) => noise(size, seed)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const whole = Buffer.concat(pieces);
      expect(inflated(compress(deflater, whole)).equals(whole)).toBe(true);
      const parts = pieces.map((part, at) => compress(deflater, part, at === pieces.length - 1));
      if (parts.length > 0) expect(inflated(Buffer.concat(parts)).equals(whole)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test.each([0, 1, 54, 55, 5000, 65_535, 65_536, 1 << 20])(
  'noise of %d bytes stays within the bound',
  (size) => {
    const deflater = createDeflater();
    for (const last of [true, false]) {
      const bytes = noise(size);
      const end = last ? [] : [compress(deflater, new Uint8Array(0))];
      deflater.input.set(bytes);
      const packed = deflater.deflate(size, last).slice();
      expect(packed.length).toBeLessThanOrEqual(size + 5 * (Math.ceil(size / 5000) + 1) + 6);
      expect(inflated(Buffer.concat([packed, ...end])).equals(bytes)).toBe(true);
    }
  },
);

test('an instance keeps nothing between calls', () => {
  const deflater = createDeflater();
  const first = compress(deflater, prose(50_000, 1));
  compress(deflater, prose(50_000, 2));
  expect(Buffer.from(first).equals(compress(deflater, prose(50_000, 1)))).toBe(true);
});

test('an unknown level is refused', () => {
  expect(() => createDeflater(10)).not.toThrow();
  expect(() => createDeflater(13)).toThrow(RangeError);
});
