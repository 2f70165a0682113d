import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noise, prose } from '../../test/support/entries.ts';
import { createInflater, type Inflated } from './inflater.ts';

const inflater = createInflater();

function inflate(stream: Uint8Array, size: number): Inflated {
  inflater.input.set(stream);
  return inflater.inflate(stream.length, size);
}

const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY } = constants;

test('property: gives what zlib deflated, whatever way', () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.nat(200_000).map((size) => prose(size)),
    fc.nat(200_000).map((size) => noise(size)),
  );
  const strategy = fc.constantFrom(Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY);
  fc.assert(
    fc.property(content, strategy, fc.integer({ min: 0, max: 9 }), (bytes, strategy, level) => {
      const stream = deflateRawSync(bytes, { strategy, level });
      const inflated = inflate(stream, bytes.length);
      expect(inflated).toMatchObject({ consumed: stream.length });
      if ('bytes' in inflated) expect(Buffer.from(bytes).equals(inflated.bytes)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('says in what way a stream is another than announced', () => {
  const bytes = prose(50_000);
  const stream = deflateRawSync(bytes);
  expect(inflate(stream, 49_999)).toEqual({ fault: 'longer' });
  expect(inflate(stream, 50_001)).toEqual({ fault: 'shorter' });
  // What is cut goes on in zeros, which may mean anything, but nothing that counts.
  expect(inflate(stream.subarray(0, -4), 50_000)).toHaveProperty('fault');
  expect(inflate(Buffer.alloc(100, 0xff), 100)).toEqual({ fault: 'damaged' });
  const more = inflate(Buffer.concat([stream, Buffer.from('more')]), 50_000);
  expect(more).toMatchObject({ consumed: stream.length });
});

test('takes what fills its buffers, stored too', () => {
  const bytes = noise(inflater.limit);
  const stream = deflateRawSync(bytes, { level: 0 });
  expect(stream.length).toBeLessThanOrEqual(inflater.input.length);
  const inflated = inflate(stream, bytes.length);
  expect('bytes' in inflated && Buffer.from(bytes).equals(inflated.bytes)).toBe(true);
});

test('property: damaged streams end, with a fault or as many bytes as announced', () => {
  const stream = deflateRawSync(prose(20_000));
  fc.assert(
    fc.property(fc.nat(stream.length - 1), fc.nat(255), (at, value) => {
      const damaged = Buffer.from(stream);
      damaged[at] = value;
      const inflated = inflate(damaged, 20_000);
      if ('bytes' in inflated) expect(inflated.bytes.length).toBe(20_000);
      else expect(['damaged', 'shorter', 'longer']).toContain(inflated.fault);
    }),
    { numRuns: 2000 },
  );
});
