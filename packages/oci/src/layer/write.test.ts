import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  deflated,
  directory,
  file,
  layerOf,
  noise,
  prose,
  streamed,
  symlink,
} from '../../test/support/entries.ts';
import { chunks, collect } from '../../test/support/streams.ts';
import type { DeflatedContent, Entry } from '../entry.ts';
import { SPLICE_FROM } from './sink-gzip.ts';
import { writeLayer, type LayerCompression } from './write.ts';

const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const COMPRESSIONS: readonly LayerCompression[] = ['gzip-members', 'gzip', 'zstd', 'none'];

const PROSE = prose(3_000_001);
const NOISE = noise(1_500_000);

const sample = (chunkSize: number): Entry[] => [
  directory('opt'),
  file('opt/empty', ''),
  streamed('opt/prose', PROSE, chunkSize),
  streamed('opt/noise', NOISE, chunkSize),
  symlink('opt/link', '../etc/x'),
  { type: 'hardlink', path: 'opt/hard', mode: 0o644, target: 'opt/empty' },
  file(`opt/${'long-'.repeat(30)}ü`, 'x', 0o755),
];

function unpack(bytes: Uint8Array, compression: LayerCompression): Uint8Array {
  if (compression === 'none') return bytes;
  return compression === 'zstd' ? zstdDecompressSync(bytes) : gunzipSync(bytes);
}

test.each(COMPRESSIONS)(
  '%s: sizes, digest and diffID are those of the bytes',
  async (compression) => {
    const layer = await layerOf(sample(4096), compression);
    const tar = unpack(layer.bytes, compression);
    expect(layer.size).toBe(layer.bytes.length);
    expect(layer.digest).toBe(sha256(layer.bytes));
    expect(layer.uncompressedSize).toBe(tar.length);
    expect(layer.diffId).toBe(sha256(tar));
    expect(layer.entries).toBe(7);
  },
);

test.each(COMPRESSIONS)('%s: the bytes do not depend on chunks', async (compression) => {
  const first = await layerOf(sample(1 << 20), compression);
  for (const size of [997, 65_536, 4_000_000]) {
    expect((await layerOf(sample(size), compression)).digest).toBe(first.digest);
  }
});

test.each(COMPRESSIONS)('%s: a known diffID changes nothing else', async (compression) => {
  const content = deflated(Buffer.concat([prose(300_000), noise(300_000)]), 9000);
  const entries: Entry[] = [...sample(4096), { type: 'file', path: 'opt/z', mode: 0o644, content }];
  const { bytes, ...first } = await layerOf(entries, compression);
  // Where the digest is the diffID, it is found as ever.
  const known = compression === 'none' ? first.diffId : (`sha256:${'0'.repeat(64)}` as const);
  const { bytes: same, ...again } = await layerOf(entries, compression, known);
  expect(again).toEqual({ ...first, diffId: known });
  expect(same.equals(bytes)).toBe(true);
});

test('under a known diffID damage in what is carried over shows in the digest', async () => {
  const content = deflated(noise(200_000));
  const entry = (crc: number): Entry => {
    return { type: 'file', path: 'a', mode: 0o644, content: { ...content, crc32: crc } };
  };
  const sound = await layerOf([entry(content.crc32)]);
  const damaged = await layerOf([entry(content.crc32 ^ 1)], 'gzip-members', sound.diffId);
  expect(damaged.digest).not.toBe(sound.digest);
});

// Golden digests: they may change only together with a layout version of the lock.
test('the bytes are the same on every machine and every Node', async () => {
  const members = await layerOf(sample(65_536), 'gzip-members');
  const single = await layerOf(sample(65_536), 'gzip');
  expect(members).toMatchObject({
    digest: 'sha256:557858465640efae9b6093ea78fa2b65fc9d64a87eb4323ab0d97ea09d6641cd',
    diffId: 'sha256:162d235d2a1f5f4b86a1cc8ff1d723c63cbb89b4a435f989ab966d3d9f4a045d',
  });
  expect(single).toMatchObject({
    digest: 'sha256:4591e434f6572e4fd0b519e1a402659488dd4963dff99829368f90ebd061d01c',
    diffId: members.diffId,
  });
});

test('a large deflate stream is carried over, a small one is deflated with its neighbours', async () => {
  const large = deflated(noise(200_000), 1000);
  const small = deflated(prose(20_000));
  expect(large.deflatedSize).toBeGreaterThan(SPLICE_FROM);
  expect(small.deflatedSize).toBeLessThan(SPLICE_FROM);
  const entries = (a: DeflatedContent, b: DeflatedContent): Entry[] => [
    { type: 'file', path: 'a', mode: 0o644, content: b },
    { type: 'file', path: 'b', mode: 0o644, content: a },
    file('c', 'end'),
  ];
  const layer = await layerOf(entries(large, small));
  const raw = await collect(large.open());
  expect(layer.bytes.indexOf(raw)).toBeGreaterThan(0);
  expect(layer.bytes.indexOf(await collect(small.open()))).toBe(-1);
  const plain = await layerOf(
    [file('a', prose(20_000)), file('b', noise(200_000)), file('c', 'end')],
    'none',
  );
  expect(sha256(gunzipSync(layer.bytes))).toBe(plain.diffId);
  expect(layer.diffId).toBe(plain.diffId);
});

test('a stream beyond the whole-call limit is carried over too', async () => {
  const bytes = Buffer.concat([prose(4_000_000), noise(1_000_000)]);
  const layer = await layerOf([
    { type: 'file', path: 'a', mode: 0o644, content: deflated(bytes, 10_000) },
  ]);
  expect(layer.diffId).toBe((await layerOf([file('a', bytes)], 'none')).diffId);
  expect(sha256(gunzipSync(layer.bytes))).toBe(layer.diffId);
});

const damages: readonly (readonly [string, (content: DeflatedContent) => DeflatedContent])[] = [
  ['wrong CRC', (content) => ({ ...content, crc32: content.crc32 ^ 1 })],
  ['size too small', (content) => ({ ...content, size: content.size - 1 })],
  ['size too large', (content) => ({ ...content, size: content.size + 1 })],
  ['truncated', (content) => cut(content, -3)],
  [
    'fewer bytes than announced',
    (content) => ({ ...cut(content, -3), deflatedSize: content.deflatedSize }),
  ],
  ['bytes behind the end', (content) => extend(content, Buffer.from('more'))],
  ['many bytes behind the end', (content) => extend(content, Buffer.alloc(300_000))],
  [
    'more bytes than announced',
    (content) => ({ ...extend(content, Buffer.from('more')), deflatedSize: content.deflatedSize }),
  ],
  [
    'garbage',
    (content) => ({
      ...content,
      open: () => chunks(Buffer.alloc(content.deflatedSize, 0xff), 5000),
    }),
  ],
];

function replaced(
  content: DeflatedContent,
  change: (raw: Buffer) => Buffer,
  by: number,
): DeflatedContent {
  const open = async function* () {
    yield* chunks(change(await collect(content.open())), 7000);
  };
  return { ...content, deflatedSize: content.deflatedSize + by, open };
}
const cut = (content: DeflatedContent, by: number) =>
  replaced(content, (raw) => raw.subarray(0, by), by);
const extend = (content: DeflatedContent, tail: Buffer) =>
  replaced(content, (raw) => Buffer.concat([raw, tail]), tail.length);

for (const size of [3000, 300_000, 3_000_000]) {
  const sound = deflated(Buffer.concat([prose(size / 2), noise(size / 2)]), 9000);
  for (const [title, damage] of damages) {
    test.each(COMPRESSIONS)(`${title}, ${size} bytes: %s refuses`, async (compression) => {
      const content = damage(sound);
      const entry: Entry = { type: 'file', path: 'a', mode: 0o644, content };
      await expect(layerOf([entry], compression)).rejects.toMatchObject({ code: 'MLC6021' });
    });
  }
}

test.each([2999, 3001])('a stream of another size (%d) is refused', async (size) => {
  const content = { kind: 'stream', size: 3000, open: () => chunks(noise(size), 100) } as const;
  const entry: Entry = { type: 'file', path: 'a', mode: 0o644, content };
  await expect(layerOf([entry])).rejects.toMatchObject({ code: 'MLC6020' });
});

test.each(COMPRESSIONS)('%s: stops when aborted inside a file', async (compression) => {
  const control = new AbortController();
  const open = async function* () {
    for (;;) {
      yield Buffer.alloc(1000);
      control.abort(new Error('stop'));
    }
  };
  const entry: Entry = {
    type: 'file',
    path: 'a',
    mode: 0o644,
    content: { kind: 'stream', size: 1e9, open },
  };
  const writing = writeLayer([entry], () => undefined, { compression, signal: control.signal });
  await expect(writing).rejects.toThrow('stop');
});

test.each(COMPRESSIONS)('%s: a failing write ends it', async (compression) => {
  const write = () => Promise.reject(new Error('disk full'));
  const { signal } = new AbortController();
  await expect(writeLayer(sample(65_536), write, { compression, signal })).rejects.toThrow(
    'disk full',
  );
});

test('waits for each write before the next', async () => {
  let open = 0;
  const write = async () => {
    open += 1;
    expect(open).toBe(1);
    await new Promise(setImmediate);
    open -= 1;
  };
  const { signal } = new AbortController();
  const layer = await writeLayer(sample(65_536), write, { compression: 'gzip-members', signal });
  expect(layer.entries).toBe(7);
});
