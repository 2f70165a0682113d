import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWindow } from '../src/bytes/window.ts';
import { decompress, detectCompression, type Compression } from '../src/compression/detect.ts';
import { xxHash32 } from '../src/bytes/xxhash32.ts';
import { python } from './helpers.ts';

async function plain(bytes: Uint8Array, piece: number, known?: Compression): Promise<Buffer> {
  let at = 0;
  const raw = createWindow(() => {
    const chunk = bytes.slice(at, at + piece);
    at += piece;
    return Promise.resolve(chunk.length === 0 ? undefined : chunk);
  });
  const compression = known ?? detectCompression(bytes);
  expect(compression).toBeDefined();
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompress({ file: 'f', compression: compression!, raw }))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Compresses runs, text and noise with every setting that changes the shape of the stream. */
const COMPRESS = `
import base64, bz2, gzip, json, lzma, random, sys, zlib
rnd = random.Random(json.load(sys.stdin))
words = [rnd.randbytes(rnd.randrange(1, 40)) for _ in range(60)]
def data():
    parts = [lambda: rnd.choice(words), lambda: rnd.randbytes(rnd.choice([1, 100, 5000])),
             lambda: bytes([rnd.randrange(256)]) * rnd.choice([1, 3, 4, 5, 255, 259, 260, 70000])]
    return b"".join(rnd.choice(parts)() for _ in range(rnd.choice([0, 1, 30, 120])))
def streams(d):
    yield "zlib", zlib.compress(d, rnd.randrange(10))
    yield 'gzip', gzip.compress(d, rnd.randrange(10))
    yield 'bz2', bz2.compress(d, rnd.randrange(1, 10))
    lc = rnd.randrange(5)
    filters = lambda id: [{"id": id, "preset": rnd.randrange(3), "lc": lc, "lp": rnd.randrange(5 - lc), "pb": rnd.randrange(5),
                           "dict_size": rnd.choice([4096, 1 << 16, 1 << 20])}]
    yield 'lzma', lzma.compress(d, lzma.FORMAT_ALONE, filters=filters(lzma.FILTER_LZMA1))
    check = rnd.choice([lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256])
    yield 'xz', lzma.compress(d, lzma.FORMAT_XZ, check=check, filters=filters(lzma.FILTER_LZMA2))
out = []
for _ in range(3):
    d = data()
    out += [[kind, base64.b64encode(s).decode(), base64.b64encode(d).decode()] for kind, s in streams(d)]
json.dump(out, sys.stdout)
`;

test('what CPython compresses comes out again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(1000, 65_536),
      async (seed, piece) => {
        for (const [kind, stream, data] of python<[Compression, string, string][]>(
          COMPRESS,
          seed,
        )) {
          const out = await plain(Buffer.from(stream, 'base64'), piece, kind);
          expect(out.equals(Buffer.from(data, 'base64')), kind).toBe(true);
        }
      },
    ),
    { numRuns: 6, endOnFailure: true },
  );
}, 120_000);

/** A frame of stored blocks and of one match each, as the frame format has them. */
function lz4Frame(
  blocks: readonly Uint8Array[],
  flags: number,
  tail: Uint8Array = new Uint8Array(0),
): Buffer {
  const header = Uint8Array.of(flags, 0x40);
  const check = (xxHash32(header) >>> 8) & 255;
  const sized = blocks.map((block) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    return Buffer.concat([size, block]);
  });
  return Buffer.concat([
    Uint8Array.of(4, 0x22, 0x4d, 0x18),
    header,
    Uint8Array.of(check),
    ...sized,
    new Uint8Array(4),
    tail,
  ]);
}

describe('lz4 frames', () => {
  const first = Uint8Array.of(0x41, 97, 98, 99, 100, 4, 0, 0x10, 101); // abcd, match of 5 four back, e
  const second = Uint8Array.of(0x02, 10, 0, 0x10, 102); // match of 6 ten back: into the block before; f

  test('matches reach into the block before where blocks are linked', async () => {
    expect((await plain(lz4Frame([first, second], 0x40), 100)).toString()).toBe(
      'abcdabcdaeabcdabf',
    );
  });

  test('and not where they are independent', async () => {
    await expect(plain(lz4Frame([first, second], 0x60), 100)).rejects.toMatchObject({
      code: 'MLC3031',
    });
  });

  test.each([
    ['a version that does not exist', lz4Frame([first], 0x80), 'MLC3030'],
    ['a dictionary', lz4Frame([first], 0x41), 'MLC3030'],
    ['a content checksum that differs', lz4Frame([first], 0x44, new Uint8Array(4)), 'MLC3031'],
    ['bytes behind the frame', lz4Frame([first], 0x40, Uint8Array.of(1)), 'MLC3032'],
  ])('%s is refused', async (_, frame, code) => {
    await expect(plain(frame, 100)).rejects.toMatchObject({ code });
  });

  test('xxHash32 gives the values of its specification', () => {
    expect(xxHash32(new Uint8Array(0))).toBe(0x02cc5d05);
    expect(xxHash32(Buffer.from('abc'))).toBe(0x32d153ff);
    expect(xxHash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
  });
});

describe('variants that joblib never writes', () => {
  const made = python<Record<string, string>>(
    `
import base64, bz2, gzip, json, lzma, sys, zlib
d = b"x" * 1000
compressor = zlib.compressobj(6, zlib.DEFLATED, 15, 8, 0, b"dictionary")
out = {
  "delta": lzma.compress(d, lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_DELTA}, {"id": lzma.FILTER_LZMA2, "preset": 1}]),
  "wide": lzma.compress(d, lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 27}]),
  "wide-alone": lzma.compress(d, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 27}]),
  "two-xz": lzma.compress(d) * 2, "two-bz2": bz2.compress(d) * 2, "two-gzip": gzip.compress(d) * 2,
  "two-zlib": zlib.compress(d) * 2, "xz-padding": lzma.compress(d) + bytes(4), "gzip-zeros": gzip.compress(d) + bytes(4),
  "zlib-dictionary": compressor.compress(d) + compressor.flush(),
}
json.dump({k: base64.b64encode(v).decode() for k, v in out.items()}, sys.stdout)`,
    null,
  );

  test.each([
    ['delta', 'MLC3030'],
    ['wide', 'MLC3030'],
    ['wide-alone', 'MLC3030'],
    ['two-xz', 'MLC3032'],
    ['two-bz2', 'MLC3032'],
    ['two-gzip', 'MLC3032'],
    ['two-zlib', 'MLC3032'],
    ['xz-padding', 'MLC3032'],
    ['gzip-zeros', 'MLC3032'],
    ['zlib-dictionary', 'MLC3031'],
  ])('%s', async (name, code) => {
    await expect(plain(Buffer.from(made[name]!, 'base64'), 65_536)).rejects.toMatchObject({ code });
  });
});
