import { deflateSync } from 'node:zlib';
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

describe('bombs', () => {
  const zeros = (count: number) => {
    const head = Buffer.from([0x80, 4, 0x8e, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64LE(BigInt(count), 3);
    return Buffer.concat([head, Buffer.alloc(count), Buffer.from('.')]);
  };

  test('more plain bytes than the limit', async () => {
    const bomb = deflateSync(zeros(4_000_000));
    expect(bomb.length).toBeLessThan(5000);
    expect(await codesOf(bomb)).toEqual([]);
    expect(await codesOf(bomb, { limits: { plain: 1_000_000 } })).toEqual(['MLC3015']);
  });

  test('an aborted signal is heard in the middle of one', async () => {
    const aborted = inspectBytes(deflateSync(zeros(40_000_000)), { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  });

  test.each([
    ['the stack', Buffer.alloc(3000, 'N'), { stack: 2000 }],
    ['marks', Buffer.alloc(300, '('), { marks: 200 }],
    [
      'the memo',
      Buffer.concat([Buffer.from([0x80, 4, 0x4e]), Buffer.alloc(300, 0x94)]),
      { memo: 200 },
    ],
    ['objects', Buffer.alloc(300, ']'), { nodes: 200 }],
  ])('%s is bounded', async (_, bytes, limits) => {
    expect(await codesOf(bytes, { limits })).toEqual(['MLC3015']);
  });

  test('long texts are passed over, and what they were is forgotten', async () => {
    const long = Buffer.concat([Buffer.from('V'), Buffer.alloc(200_000, 'x'), Buffer.from('\n.')]);
    expect(await codesOf(long)).toEqual([]);
    const many = Buffer.concat([
      Buffer.from('('),
      Buffer.from('Vabcdefgh\n'.repeat(100)),
      Buffer.from('t.'),
    ]);
    expect(await codesOf(many, { limits: { text: 100 } })).toEqual([]);
  });
});

describe('formats are told from their bytes', () => {
  const zip = (name: string) => {
    const header = Buffer.alloc(30);
    header.write('PK\x03\x04', 'latin1');
    header.writeUInt16LE(name.length, 26);
    return Buffer.concat([header, Buffer.from(name), Buffer.alloc(40)]);
  };
  const safetensors = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]);
  test.each([
    ['skops', zip('schema.json')],
    ['keras', zip('metadata.json')],
    ['torch-state', zip('model/data.pkl')],
    ['torch-export', zip('model/archive_format')],
    ['hdf5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
    ['safetensors', safetensors],
    ['lightgbm', Buffer.from('tree\nversion=v4\n')],
    ['xgboost', Buffer.from('{"learner":{}}')],
    ['numpy', Buffer.from('\x93NUMPY\x01\x00', 'latin1')],
    ['onnx', Buffer.from([0x08, 0x0a, 0x12, 0x07])],
    ['saved-model', Buffer.from([0x08, 0x01, 0x12, 0x07])],
  ])('%s has no reader yet', async (format, bytes) => {
    const { facts, findings } = await inspectBytes(bytes);
    expect(facts.format).toBe(format);
    expect(errorCodes(findings)).toEqual(['MLC3005']);
  });

  test('nothing and nonsense', async () => {
    expect(await codesOf(Buffer.alloc(0))).toEqual(['MLC3003']);
    expect(await codesOf(Buffer.from('hello'))).toEqual(['MLC3004']);
  });
});
