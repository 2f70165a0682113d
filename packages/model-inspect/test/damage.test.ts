import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codesOf, errorCodes, fixture, inspectBytes, SKLEARN } from './helpers.ts';

const SMALL = [
  'plain.pkl',
  'plain.zlib',
  'plain.gzip',
  'plain.bz2',
  'plain.lzma',
  'plain.xz',
  'plain.lz4',
  'sklearn-1.9.1/pipeline-0.pkl',
  'sklearn-1.9.1/pipeline-2.joblib',
  'sklearn-1.9.1/pipeline-4.joblib',
  'sklearn-1.9.1/pipeline-5.pkl',
  'sklearn-1.9.1/forest.joblib',
];

/** What a cut file may end in: nothing at all, cut short, a damaged stream, an unknown format. */
const CUT = new Set(['MLC3003', 'MLC3004', 'MLC3010', 'MLC3031']);

describe('cut at every byte', () => {
  test.each(SMALL)('%s', async (name) => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length++) {
      const codes = await codesOf(bytes.subarray(0, length), { allow: SKLEARN });
      expect(
        codes.length === 1 && CUT.has(codes[0]!),
        `${name} cut at ${length}: ${codes.join()}`,
      ).toBe(true);
    }
  });
});

describe('one byte more', () => {
  test.each(SMALL)('%s', async (name) => {
    const codes = await codesOf(Buffer.concat([fixture(name), Uint8Array.of(0)]), {
      allow: SKLEARN,
    });
    expect(codes).toEqual([/pkl|joblib/.test(name) ? 'MLC3011' : 'MLC3032']);
  });

  test.each(SMALL)('%s twice over', async (name) => {
    const codes = await codesOf(Buffer.concat([fixture(name), fixture(name)]), { allow: SKLEARN });
    expect(codes).toEqual([/pkl|joblib/.test(name) ? 'MLC3011' : 'MLC3032']);
  });
});

describe('changed bytes', () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    remove: fc.integer({ min: 0, max: 3 }),
    insert: fc.uint8Array({ maxLength: 3 }),
  });

  test.each(SMALL)('%s never crashes the walker', async (name) => {
    const original = fixture(name);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let bytes = original;
        for (const { at, remove, insert } of changes) {
          const from = Math.floor(at * bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
        }
        // Anything but an MlcError would be thrown on; limits keep a bomb from taking long.
        const { findings } = await inspectBytes(bytes, {
          allow: SKLEARN,
          limits: { plain: 1_000_000 },
        });
        expect(errorCodes(findings).every((code) => code.startsWith('MLC3'))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['plain.zlib', 'plain.gzip', 'plain.bz2', 'plain.xz', 'sklearn-1.9.1/pipeline-4.zlib'])(
    '%s: any changed bit is found, since the stream carries a checksum',
    async (name) => {
      const original = fixture(name);
      const from = name.endsWith('gzip') ? 10 : 0; // time and system of a gzip header mean nothing
      for (let bit = from * 8; bit < original.length * 8; bit++) {
        const bytes = original.slice();
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const codes = await codesOf(bytes, { allow: SKLEARN });
        expect(codes, `bit ${bit}`).not.toEqual([]);
      }
    },
  );
});
