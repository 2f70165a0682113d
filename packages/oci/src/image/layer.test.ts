import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { file, layerOf, prose } from '../../test/support/entries.ts';
import { withFolder } from '../../test/support/host.ts';
import { chunks, collect } from '../../test/support/streams.ts';
import { digestOf } from './json.ts';
import { layerFrom, layerFromFile } from './layer.ts';

test('computes what is not known', async () => {
  const written = await layerOf([file('a', prose(10_000))]);
  await withFolder(async (folder) => {
    const path = join(folder, 'layer');
    writeFileSync(path, written.bytes);
    const layer = layerFromFile(path, { mediaType: written.mediaType });
    expect(await layer.digest()).toBe(written.digest);
    expect(await layer.size()).toBe(written.size);
    expect(await layer.diffId()).toBe(written.diffId);
    expect(digestOf(await collect(layer.uncompressed()))).toBe(written.diffId);
    expect((await collect(layer.compressed())).equals(written.bytes)).toBe(true);
  });
});

test('reads once for each side, and not at all for what is known', async () => {
  const written = await layerOf([file('a', 'x')]);
  let opened = 0;
  const open = () => {
    opened += 1;
    return chunks(written.bytes);
  };
  const { mediaType, digest, size, diffId } = written;
  const known = layerFrom(open, { mediaType, digest, size, diffId });
  await Promise.all([known.digest(), known.size(), known.diffId(), known.mediaType()]);
  expect(opened).toBe(0);
  const unknown = layerFrom(open, { mediaType });
  await Promise.all([unknown.digest(), unknown.size(), unknown.diffId(), unknown.diffId()]);
  expect(opened).toBe(2);
});
