import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { ByteStream } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';
import { host } from '../../test/support/host.ts';
import { xzDecompress } from './xz.ts';

const xz = (args: readonly string[], input: Uint8Array): Buffer =>
  host('xz', ['-c', '-T1', ...args], { input });

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size)
    yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** The chunks are joined when all are there: each may be kept. */
async function unpacked(source: ByteStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of xzDecompress(source, 'test')) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const unpack = (bytes: Uint8Array, size = 1 << 16): Promise<Buffer> =>
  unpacked(inPieces(bytes, size));

const damaged = expect.objectContaining({ code: 'MLC4033' }) as Error;

/** Bytes with short and long repetitions: an xorshift generator, its output now and then copied from before. */
function sample(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed | 1;
  const next = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (let at = 0; at < size;) {
    const length = Math.min(size - at, 1 + next(200));
    const from = at === 0 ? 0 : next(at);
    if (at > 0 && next(3) > 0) bytes.copyWithin(at, from, Math.min(at, from + length));
    else for (let i = 0; i < length; i += 1) bytes[at + i] = next(next(2) === 0 ? 256 : 8);
    at += length;
  }
  return bytes;
}

const CHECKS = ['none', 'crc32', 'crc64', 'sha256'] as const;
const LEVELS = ['-0', '-1', '-6', '-9e', '--lzma2=dict=4KiB', '--lzma2=lc=0,lp=3,pb=0'] as const;

describe('xzDecompress', () => {
  it('property: gives what xz packed, however it came', async () => {
    const stream = fc.record({
      size: fc.oneof(fc.nat(300), fc.nat(300_000)),
      seed: fc.nat(),
      level: fc.constantFrom(...LEVELS),
      check: fc.constantFrom(...CHECKS),
      filter: fc.constantFrom([], ['--x86'], ['--arm64']),
      blocks: fc.constantFrom([], ['--block-size=100000'], ['--block-list=1,70000,0']),
      padding: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(stream, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1 << 20, 1 << 16, 4099, 61),
        async (streams, piece) => {
          const plain = streams.map(({ size, seed }) => sample(size, seed));
          const packed = streams.flatMap(({ level, check, filter, blocks, padding }, at) => {
            // A filter before needs LZMA2 to be named, which stands for a level then.
            const chain = level.startsWith('--') || filter.length === 0 ? [level] : ['--lzma2'];
            const args = [`--check=${check}`, ...filter, ...chain, ...blocks];
            return [xz(args, plain[at]!), Buffer.alloc(4 * padding)];
          });
          const found = await unpack(Buffer.concat(packed), piece);
          expect(found.equals(Buffer.concat(plain))).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([...CHECKS])('gives an error wherever a file with check %s is cut off', async (check) => {
    const whole = xz([`--check=${check}`, '--block-size=3000'], sample(10_000, 7));
    const step = Math.ceil(whole.length / 300);
    for (let size = 0; size < whole.length; size += size < 64 ? 1 : step)
      await expect(unpack(whole.subarray(0, size))).rejects.toThrowError(damaged);
    for (let size = whole.length - 64; size < whole.length; size += 1)
      await expect(unpack(whole.subarray(0, size))).rejects.toThrowError(damaged);
  });

  it.each(['crc32', 'crc64', 'sha256'])(
    'property: gives an error or the same bytes when a byte of a file with %s changes',
    async (check) => {
      const plain = sample(20_000, 11);
      const good = xz([`--check=${check}`, '--block-size=9000'], plain);
      const change = fc.integer({ min: 1, max: 255 });
      await fc.assert(
        fc.asyncProperty(fc.nat(good.length - 1), change, async (at, by) => {
          const bytes = Buffer.from(good);
          bytes[at] = (bytes[at] ?? 0) ^ by;
          const found = await unpack(bytes).catch((error: unknown) => error);
          if (found instanceof Buffer) expect(found.equals(plain)).toBe(true);
          else expect(found).toEqual(damaged);
        }),
        { numRuns: 300 },
      );
    },
  );

  it('gives an error on noise behind a good beginning', async () => {
    const good = xz([], sample(200_000, 3));
    for (let seed = 1; seed < 40; seed += 1) {
      const at = 24 + seed * 100;
      const bytes = Buffer.concat([good.subarray(0, at), sample(50_000, seed)]);
      await expect(unpack(bytes)).rejects.toThrowError(damaged);
    }
  });
});

describe('what the format allows', () => {
  const plain = sample(5000, 5);
  const good = xz([], plain);
  const joined = (...parts: readonly Uint8Array[]): Promise<Buffer> => unpack(Buffer.concat(parts));

  it('takes dictionaries up to 64 MiB', async () => {
    await expect(unpack(xz(['--lzma2=dict=64MiB'], plain))).resolves.toEqual(plain);
    for (const size of ['65MiB', '128MiB', '1GiB'])
      await expect(unpack(xz([`--lzma2=dict=${size}`], plain))).rejects.toThrowError(damaged);
  });

  it('takes blocks with dictionaries of many sizes in one file', async () => {
    const sizes = [4, 65_536, 8, 16_384, 49_152, 64, 32_768, 65_536, 4];
    const files = sizes.flatMap((size) =>
      [[], ['--x86'], ['--arm64']].map((filter) =>
        xz([...filter, `--lzma2=dict=${size}KiB`], plain),
      ),
    );
    const found = await joined(...files);
    expect(found.equals(Buffer.concat(files.map(() => plain)))).toBe(true);
  });

  it('takes padding of whole words behind a stream, and nothing else', async () => {
    await expect(joined(good, Buffer.alloc(8))).resolves.toEqual(plain);
    for (const end of [Buffer.alloc(3), Buffer.from('x'), Buffer.from('no stream at all')])
      await expect(joined(good, end)).rejects.toThrowError(damaged);
    await expect(joined(Buffer.alloc(4), good)).rejects.toThrowError(damaged);
  });

  it('refuses filters and formats that it does not know', async () => {
    const delta = xz(['--delta=dist=4', '--lzma2'], plain);
    for (const bytes of [delta, xz(['--format=lzma'], plain), Buffer.alloc(0)])
      await expect(unpack(bytes)).rejects.toThrowError(damaged);
  });

  it('refuses a check that it cannot verify', async () => {
    const empty = xz(['--check=crc32'], Buffer.alloc(0));
    // The flags and their CRC-32 in header and footer (The .xz File Format, 2.1.1).
    for (const at of [6, empty.length - 4]) empty[at + 1] = 2;
    empty.writeUInt32LE(crc32(empty.subarray(6, 8)), 8);
    empty.writeUInt32LE(crc32(empty.subarray(-8, -2)), empty.length - 12);
    await expect(unpack(empty)).rejects.toThrowError(damaged);
  });
});

describe('the decoder of a thread', () => {
  const plain = [sample(900_000, 1), sample(700_000, 2), sample(800_000, 3)];
  const packed = plain.map((bytes) => xz([], bytes));

  it('is not shared by files that are read at the same time', async () => {
    const open = packed.map((bytes) => xzDecompress(inPieces(bytes, 5000), 'test'));
    const found: Uint8Array[][] = open.map(() => []);
    for (let left = open.length; left > 0;) {
      left = 0;
      for (const [at, stream] of open.entries()) {
        const next = await stream.next();
        if (next.done === true) continue;
        found[at]?.push(next.value);
        left += 1;
      }
    }
    const whole = found.map((chunks) => Buffer.concat(chunks));
    expect(whole.map((bytes, at) => bytes.equals(plain[at]!))).toEqual([true, true, true]);
  });

  it('can be used again after an error, an end that came early, and a large dictionary', async () => {
    const [bytes, other] = [packed[0]!, packed[1]!];
    const broken = Buffer.from(bytes);
    broken.fill(0xff, 100_000, 100_100);
    const before = [
      () => unpack(broken),
      () => unpack(bytes.subarray(0, 100_000)),
      () => unpack(xz(['-9'], plain[2]!)),
      async () => {
        for await (const chunk of xzDecompress(inPieces(bytes, 5000), 'test')) return chunk;
        return undefined;
      },
    ];
    for (const use of before) {
      await use().catch(() => undefined);
      expect((await unpack(other)).equals(plain[1]!)).toBe(true);
    }
  });

  it('passes on what the source throws', async () => {
    async function* failing(): AsyncGenerator<Uint8Array, void> {
      yield* inPieces(packed[0]!.subarray(0, 50_000), 4000);
      throw new RangeError('the disk is gone');
    }
    await expect(unpacked(failing())).rejects.toThrowError(new RangeError('the disk is gone'));
  });
});
