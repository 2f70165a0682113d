import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFolder } from '../../test/support/host.ts';
import { buildImage, signal } from '../../test/support/image.ts';
import { blobPath } from '../descriptor.ts';
import { assembleIndex } from '../image/assemble.ts';
import { validateLayout } from '../validate/validate.ts';
import { layoutContent } from './content.ts';
import { writeLayout } from './layout.ts';

/** A folder with layers, an image's content and a place for the layout. */
async function prepared<T>(
  use: (place: Awaited<ReturnType<typeof prepare>>) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => use(await prepare(folder)));
}

async function prepare(folder: string) {
  const store = join(folder, 'store');
  mkdirSync(store);
  const built = await buildImage(store);
  const target = join(folder, 'out', 'image');
  return {
    folder,
    store,
    target,
    ...built,
    content: layoutContent(built.image, built.blobs, 'churn:v1'),
  };
}

test('writes what the specification wants', async () => {
  await prepared(async ({ target, content, image }) => {
    const { written, kept } = await writeLayout(target, content, { signal });
    expect(readdirSync(target).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(readFileSync(join(target, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
    expect(JSON.parse(readFileSync(join(target, 'index.json'), 'utf8'))).toMatchObject({
      manifests: [
        {
          digest: image.descriptor.digest,
          annotations: {
            'org.opencontainers.image.ref.name': 'v1',
            'io.containerd.image.name': 'docker.io/library/churn:v1',
          },
        },
      ],
    });
    expect(readdirSync(join(target, 'blobs/sha256'))).toHaveLength(5);
    expect(written).toBe(content.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    expect(kept).toEqual([]);
    expect(readdirSync(join(target, '..'))).toEqual(['image']);
    expect(await validateLayout(target, { signal })).toMatchObject({ valid: true, findings: [] });
  });
});

test('shares no inode with the store, and does not take over its mode', async () => {
  await prepared(async ({ target, content, blobs }) => {
    for (const { source } of blobs) if ('path' in source) chmodSync(source.path, 0o400);
    await writeLayout(target, content, { signal });
    for (const { descriptor, source } of blobs) {
      const own = statSync(join(target, blobPath(descriptor.digest)));
      expect('path' in source && statSync(source.path).ino).not.toBe(own.ino);
      expect(own.nlink).toBe(1);
      expect(own.mode & 0o777).toBe(0o644);
    }
  });
});

test('the same again writes nothing', async () => {
  await prepared(async ({ target, content }) => {
    await writeLayout(target, content, { signal });
    const before = statSync(target).ino;
    const { written, kept } = await writeLayout(target, content, { signal });
    expect(written).toBe(0);
    expect(kept).toHaveLength(5);
    expect(statSync(target).ino).toBe(before);
  });
});

test('another image keeps the blobs that it shares and drops the others', async () => {
  await prepared(async ({ folder, target, content, image, blobs }) => {
    await writeLayout(target, content, { signal });
    mkdirSync(join(folder, 'other'));
    const other = await buildImage(join(folder, 'other'), ['gzip-members', 'gzip', 'none']);
    const { kept } = await writeLayout(target, layoutContent(other.image, other.blobs), { signal });
    // Two layers, and the configuration, which knows only their diffIDs.
    expect(kept).toHaveLength(3);
    expect(existsSync(join(target, blobPath(image.descriptor.digest)))).toBe(false);
    expect(
      existsSync(join(target, blobPath(blobs[1]?.descriptor.digest ?? image.descriptor.digest))),
    ).toBe(false);
    expect(await validateLayout(target, { signal })).toMatchObject({ valid: true, findings: [] });
    expect(readdirSync(join(target, '..'))).toEqual(['image']);
  });
});

test('a blob that was written to, or cut, is not kept', async () => {
  await prepared(async ({ target, content, blobs }) => {
    await writeLayout(target, content, { signal });
    const [first, second] = blobs.map(({ descriptor }) =>
      join(target, blobPath(descriptor.digest)),
    );
    const damaged = readFileSync(first ?? '');
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    writeFileSync(first ?? '', damaged);
    writeFileSync(second ?? '', 'short');
    utimesSync(second ?? '', 0, 0);
    const { kept } = await writeLayout(target, content, { signal });
    expect(kept).toHaveLength(3);
    expect(await validateLayout(target, { signal })).toMatchObject({ valid: true, findings: [] });
  });
});

test('replaces nothing but a layout', async () => {
  await prepared(async ({ target, content }) => {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'thesis.txt'), 'precious');
    await expect(writeLayout(target, content, { signal })).rejects.toMatchObject({
      code: 'MLC6041',
    });
    expect(readdirSync(target)).toEqual(['thesis.txt']);
  });
});

test('does not write over a file', async () => {
  await prepared(async ({ folder, content }) => {
    const target = join(folder, 'file');
    writeFileSync(target, 'precious');
    await expect(writeLayout(target, content, { signal })).rejects.toMatchObject({
      code: 'MLC6041',
    });
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });
});

test('an empty folder is a place like any other', async () => {
  await prepared(async ({ target, content }) => {
    mkdirSync(target, { recursive: true });
    await writeLayout(target, content, { signal });
    expect(readdirSync(target)).toContain('oci-layout');
  });
});

test.each(['missing', 'changed', 'aborted'])(
  'a failure (%s) leaves the old layout and nothing else',
  async (kind) => {
    await prepared(async ({ folder, target, content }) => {
      await writeLayout(target, content, { signal });
      const before = readFileSync(join(target, 'index.json'), 'utf8');
      mkdirSync(join(folder, 'other'));
      const other = await buildImage(join(folder, 'other'), ['gzip', 'gzip', 'gzip']);
      const next = layoutContent(other.image, other.blobs);
      const path = join(folder, 'other', other.image.layers[1]?.digest.slice(7) ?? '');
      const lost = next.blobs.map((blob) =>
        kind === 'missing' && 'path' in blob.source
          ? { ...blob, source: { path: `${blob.source.path}-gone` } }
          : blob,
      );
      if (kind === 'changed') writeFileSync(path, 'x');
      const stop = kind === 'aborted' ? AbortSignal.abort(new Error('stop')) : signal;
      await expect(
        writeLayout(target, { ...next, blobs: lost }, { signal: stop }),
      ).rejects.toThrow();
      expect(readFileSync(join(target, 'index.json'), 'utf8')).toBe(before);
      expect(readdirSync(join(target, '..'))).toEqual(['image']);
      expect(await validateLayout(target, { signal })).toMatchObject({ valid: true, findings: [] });
    });
  },
);

test('what a killed process left is swept, what a living one writes is not', async () => {
  await prepared(async ({ target, content }) => {
    const beside = join(target, '..');
    // No process has this number: it is above the kernel's limit.
    const dead = `.image.${hostname()}-4194305-0123456789ab.tmp`;
    const alive = `.image.${hostname()}-${process.pid}-0123456789ab.tmp`;
    const foreign = '.image.elsewhere-4194305-0123456789ab.tmp';
    for (const name of [dead, alive, foreign]) mkdirSync(join(beside, name), { recursive: true });
    await writeLayout(target, content, { signal });
    expect(readdirSync(beside).sort()).toEqual([foreign, alive, 'image'].sort());
  });
});

test('many at once end with one whole layout', async () => {
  await prepared(async ({ target, content, image, blobs }) => {
    const contents = ['a', 'b', 'c', 'd'].map((tag) => layoutContent(image, blobs, `churn:${tag}`));
    await Promise.all([content, ...contents].map((one) => writeLayout(target, one, { signal })));
    expect(await validateLayout(target, { signal })).toMatchObject({ valid: true, findings: [] });
    expect(readdirSync(join(target, '..'))).toEqual(['image']);
  });
});

test('a layer that is not given is an error', async () => {
  await prepared(({ image, blobs }) => {
    expect(() => layoutContent(image, blobs.slice(1))).toThrow(
      expect.objectContaining({ code: 'MLC6042' }) as Error,
    );
    return Promise.resolve();
  });
});

test('an index brings the blobs of all its images', async () => {
  await prepared(async ({ folder, target, image, blobs }) => {
    mkdirSync(join(folder, 'arm'));
    const arm = await buildImage(join(folder, 'arm'), ['gzip-members', 'gzip', 'none'], 'arm64');
    const content = layoutContent(
      assembleIndex([image, arm.image]),
      [...blobs, ...arm.blobs],
      'host:5000/a/b',
    );
    await writeLayout(target, content, { signal });
    const report = await validateLayout(target, { signal });
    expect(report).toMatchObject({ valid: true, findings: [] });
    expect(report.images.map(({ name, platform }) => [name, platform.architecture])).toEqual([
      ['host:5000/a/b:latest', 'amd64'],
      ['host:5000/a/b:latest', 'arm64'],
    ]);
  });
});
