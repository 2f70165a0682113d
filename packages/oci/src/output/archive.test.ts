import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFolder } from '../../test/support/host.ts';
import { buildImage, signal } from '../../test/support/image.ts';
import { chunks, collect } from '../../test/support/streams.ts';
import { assembleIndex } from '../image/assemble.ts';
import { digestOf } from '../image/json.ts';
import { readTar } from '../tar/read.ts';
import { validateLayout } from '../validate/validate.ts';
import { writeArchive } from './archive.ts';
import { layoutContent } from './content.ts';

async function filesOf(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const entry of readTar(chunks(readFileSync(path)))) {
    if (entry.type === 'file') files.set(entry.path, await collect(entry.content));
  }
  return files;
}

async function twoPlatforms(folder: string) {
  const arm = join(folder, 'arm');
  const amd = join(folder, 'amd');
  for (const path of [arm, amd]) mkdirSync(path);
  const first = await buildImage(arm, ['gzip-members', 'gzip', 'none'], 'arm64');
  const second = await buildImage(amd);
  const index = assembleIndex([first.image, second.image]);
  const content = layoutContent(
    index,
    [...first.blobs, ...second.blobs],
    'localhost:5000/team/churn:v2',
  );
  return { arm: first.image, amd: second.image, content };
}

const json = (files: Map<string, Buffer>, name: string): unknown =>
  JSON.parse(files.get(name)?.toString() ?? 'null');

test('carries the layout and docker’s manifest over the same blobs', async () => {
  await withFolder(async (folder) => {
    const { image, blobs } = await buildImage(folder);
    const path = join(folder, 'out', 'image.tar');
    await writeArchive(path, layoutContent(image, blobs, 'churn'), { signal });
    const files = await filesOf(path);
    const blob = (digest: string): string => `blobs/sha256/${digest.slice(7)}`;
    expect(json(files, 'manifest.json')).toEqual([
      {
        Config: blob(image.config.descriptor.digest),
        RepoTags: ['churn:latest'],
        Layers: image.layers.map(({ digest }) => blob(digest)),
      },
    ]);
    expect(json(files, 'repositories')).toEqual({
      churn: { latest: image.layers.at(-1)?.digest.slice(7) },
    });
    expect(digestOf(files.get(blob(image.descriptor.digest)) ?? Buffer.alloc(0))).toBe(
      image.descriptor.digest,
    );
    expect(readdirSync(join(folder, 'out'))).toEqual(['image.tar']);
    expect(await validateLayout(path, { signal })).toMatchObject({
      kind: 'archive',
      valid: true,
      findings: [],
    });
  });
});

test('docker gets amd64 of two platforms, or the one that is asked for', async () => {
  await withFolder(async (folder) => {
    const { arm, amd, content } = await twoPlatforms(folder);
    const configs = async (name: string, options: object) => {
      await writeArchive(join(folder, name), content, { signal, ...options });
      return (json(await filesOf(join(folder, name)), 'manifest.json') as { Config: string }[]).map(
        (one) => one.Config,
      );
    };
    expect(await configs('a', {})).toEqual([
      `blobs/sha256/${amd.config.descriptor.digest.slice(7)}`,
    ]);
    expect(await configs('b', { dockerPlatform: 'linux/arm64' })).toEqual([
      `blobs/sha256/${arm.config.descriptor.digest.slice(7)}`,
    ]);
    expect((await validateLayout(join(folder, 'a'), { signal })).images).toHaveLength(2);
  });
});

test('an image of another platform alone is docker’s', async () => {
  await withFolder(async (folder) => {
    const { image, blobs } = await buildImage(folder, [], 'arm64');
    await writeArchive(join(folder, 'a.tar'), layoutContent(image, blobs), { signal });
    const files = await filesOf(join(folder, 'a.tar'));
    expect(json(files, 'manifest.json')).toMatchObject([{ RepoTags: null }]);
    expect(json(files, 'repositories')).toEqual({});
  });
});

test('the same content gives the same bytes', async () => {
  await withFolder(async (folder) => {
    const { content } = await twoPlatforms(folder);
    const turned = { ...content, blobs: [...content.blobs].reverse() };
    await writeArchive(join(folder, 'a.tar'), content, { signal });
    await writeArchive(join(folder, 'b.tar'), turned, { signal });
    expect(readFileSync(join(folder, 'a.tar')).equals(readFileSync(join(folder, 'b.tar')))).toBe(
      true,
    );
  });
});

test.each(['gone', 'longer', 'aborted'])(
  'a failure (%s) leaves the old archive and nothing else',
  async (kind) => {
    await withFolder(async (folder) => {
      const { image, blobs } = await buildImage(folder);
      const path = join(folder, 'out', 'image.tar');
      mkdirSync(join(folder, 'out'));
      writeFileSync(path, 'old');
      const layer = join(folder, image.layers[2]?.digest.slice(7) ?? '');
      if (kind === 'gone') rmSync(layer);
      if (kind === 'longer') writeFileSync(layer, Buffer.alloc(200_000));
      const stop = kind === 'aborted' ? AbortSignal.abort(new Error('stop')) : signal;
      await expect(
        writeArchive(path, layoutContent(image, blobs), { signal: stop }),
      ).rejects.toThrow();
      expect(readdirSync(join(folder, 'out'))).toEqual(['image.tar']);
      expect(readFileSync(path, 'utf8')).toBe('old');
    });
  },
);
