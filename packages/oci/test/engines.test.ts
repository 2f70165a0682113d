import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assembleIndex } from '../src/image/assemble.ts';
import type { LayerCompression } from '../src/layer/write.ts';
import { writeArchive } from '../src/output/archive.ts';
import { layoutContent } from '../src/output/content.ts';
import { writeLayout } from '../src/output/layout.ts';
import { validateLayout } from '../src/validate/validate.ts';
import { noise, prose } from './support/entries.ts';
import { host, withFolder } from './support/host.ts';
import { buildImage, signal } from './support/image.ts';

const MIXES: readonly (readonly LayerCompression[])[] = [
  ['gzip-members', 'gzip-members', 'none'],
  ['gzip', 'gzip', 'gzip'],
  ['none', 'zstd', 'gzip-members'],
];

async function inLayout(
  mix: readonly LayerCompression[],
  use: (folder: string, built: Awaited<ReturnType<typeof buildImage>>) => Promise<void> | void,
): Promise<void> {
  await withFolder(async (folder) => {
    mkdirSync(join(folder, 'store'));
    const built = await buildImage(join(folder, 'store'), mix);
    await writeLayout(join(folder, 'image'), layoutContent(built.image, built.blobs, 'churn:v1'), {
      signal,
    });
    await use(folder, built);
  });
}

test.each(MIXES)('umoci unpacks a layout of %s, %s, %s', async (...mix) => {
  // umoci 0.4 knows no zstd layers.
  const readable = mix.map((one) => (one === 'zstd' ? 'gzip' : one));
  await inLayout(readable, (folder) => {
    host('umoci', [
      'unpack',
      '--rootless',
      '--image',
      `${join(folder, 'image')}:v1`,
      join(folder, 'bundle'),
    ]);
    const root = join(folder, 'bundle/rootfs');
    expect(readFileSync(join(root, 'app/model.bin')).equals(noise(100_000, 3))).toBe(true);
    expect(readFileSync(join(root, 'opt/lib/big.so')).equals(noise(300_000))).toBe(true);
    expect(readFileSync(join(root, 'opt/lib/small.py')).equals(prose(9000))).toBe(true);
    expect(readFileSync(join(root, `opt/lib/${'deep/'.repeat(40)}ü.txt`), 'utf8')).toBe('long');
    expect(statSync(join(root, 'opt/lib/same.py')).ino).toBe(
      statSync(join(root, 'opt/lib/small.py')).ino,
    );
    expect(readlinkSync(join(root, 'bin'))).toBe('usr/bin');
    expect(statSync(join(root, 'usr/bin/tool')).mode & 0o777).toBe(0o755);
  });
});

test.each(MIXES)('skopeo inspects and copies a layout of %s, %s, %s', async (...mix) => {
  await inLayout(mix, async (folder, { image }) => {
    const from = `oci:${join(folder, 'image')}:v1`;
    const seen = JSON.parse(host('skopeo', ['inspect', from]).toString()) as {
      Digest: string;
      Layers: string[];
    };
    expect(seen.Digest).toBe(image.descriptor.digest);
    expect(seen.Layers).toEqual(image.layers.map(({ digest }) => digest));
    const to = join(folder, 'copy');
    host('skopeo', ['copy', '-q', '--insecure-policy', '--preserve-digests', from, `oci:${to}:v1`]);
    const report = await validateLayout(to, { signal });
    expect(report).toMatchObject({ valid: true, images: [{ digest: image.descriptor.digest }] });
  });
});

test.each(MIXES)('buildah starts from a layout of %s, %s, %s', async (...mix) => {
  await inLayout(mix, (folder, { image }) => {
    const state = [
      '--root',
      join(folder, 'b'),
      '--runroot',
      join(folder, 'r'),
      '--storage-driver',
      'vfs',
    ];
    const buildah = (...args: readonly string[]): string =>
      host('buildah', [...state, ...args])
        .toString()
        .trim();
    const container = buildah('from', `oci:${join(folder, 'image')}:v1`);
    expect(buildah('inspect', '--format', '{{.FromImageDigest}}', container)).toContain(
      image.descriptor.digest,
    );
    const root = buildah('mount', container);
    expect(readFileSync(join(root, 'opt/lib/big.so')).equals(noise(300_000))).toBe(true);
    expect(existsSync(join(root, 'app/model.bin'))).toBe(true);
    buildah('rm', container);
  });
});

test('skopeo reads both faces of an archive, and picks a platform out of an index', async () => {
  await withFolder(async (folder) => {
    for (const name of ['amd', 'arm']) mkdirSync(join(folder, name));
    const amd = await buildImage(join(folder, 'amd'));
    const arm = await buildImage(join(folder, 'arm'), ['gzip-members', 'gzip', 'none'], 'arm64');
    const index = assembleIndex([amd.image, arm.image]);
    const path = join(folder, 'both.tar');
    await writeArchive(path, layoutContent(index, [...amd.blobs, ...arm.blobs], 'churn:v1'), {
      signal,
    });
    const inspect = (...args: readonly string[]): object =>
      JSON.parse(host('skopeo', ['inspect', ...args]).toString()) as object;
    const asDocker = inspect('--config', `docker-archive:${path}:churn:v1`);
    expect(asDocker).toMatchObject({ architecture: 'amd64', config: { User: '65532:65532' } });
    for (const [architecture, { image }] of [
      ['amd64', amd],
      ['arm64', arm],
    ] as const) {
      const options = ['--override-arch', architecture];
      const seen = JSON.parse(
        host('skopeo', [...options, 'inspect', `oci-archive:${path}:v1`]).toString(),
      ) as object;
      expect(seen).toMatchObject({
        Architecture: architecture,
        Layers: image.layers.map(({ digest }) => digest),
      });
    }
  });
});

test('we read what skopeo writes', async () => {
  await inLayout(MIXES[0] ?? [], async (folder, { image }) => {
    const from = `oci:${join(folder, 'image')}:v1`;
    const archive = join(folder, 'copy.tar');
    host('skopeo', [
      'copy',
      '-q',
      '--insecure-policy',
      '--preserve-digests',
      from,
      `oci-archive:${archive}:v1`,
    ]);
    const report = await validateLayout(archive, { signal });
    expect(report).toMatchObject({
      kind: 'archive',
      valid: true,
      images: [{ digest: image.descriptor.digest }],
    });
  });
});
