import {
  chmod,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';
import { expect, test } from 'vitest';
import {
  bytesOf,
  codeOf,
  jsonContent,
  pushImage,
  pushIndex,
  signal,
  store,
  textContent,
  withFolder,
} from '../../test/support/graph.ts';
import { openLayoutTarget, type LayoutTarget } from '../layout/target.ts';
import { attach, discover } from './attach.ts';
import { pullArtifact } from './pull.ts';
import { pushArtifact, type ArtifactSpec } from './push.ts';

interface Place {
  readonly folder: string;
  readonly target: LayoutTarget;
  readonly out: string;
}

function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  return withFolder(async (top) => {
    const folder = join(top, 'in');
    await mkdir(join(folder, 'sub/deep'), { recursive: true });
    await writeFile(join(folder, 'notes.txt'), 'some notes');
    await writeFile(join(folder, 'sub/run.sh'), '#!/bin/sh\n');
    await chmod(join(folder, 'sub/run.sh'), 0o700);
    await writeFile(join(folder, 'sub/deep/data.bin'), Buffer.alloc(100_000, 7));
    await symlink('../run.sh', join(folder, 'sub/deep/link'));
    await use({ folder, target: openLayoutTarget(join(top, 'layout')), out: join(top, 'out') });
  });
}

const options = { signal, store };
const both = [{ path: 'notes.txt', mediaType: 'text/plain' }, { path: 'sub' }];

async function manifestOf(target: LayoutTarget, descriptor: Descriptor) {
  const text = (await bytesOf(target, descriptor)).toString();
  return JSON.parse(text) as Record<string, unknown> & { layers: Descriptor[] };
}

test('files and folders come back as they were', () =>
  withPlace(async ({ folder, target, out }) => {
    const spec = { artifactType: 'a/b', files: both, folder, annotations: { k: 'v' } };
    await pushArtifact(target, spec, { ...options, tag: 'v1' });
    const pulled = await pullArtifact(target, 'v1', out, { signal });
    expect(pulled).toMatchObject({ artifactType: 'a/b', annotations: { k: 'v' }, untitled: [] });
    expect(pulled.parts.map(({ title, kind, reused }) => [title, kind, reused])).toEqual([
      ['notes.txt', 'file', false],
      ['sub', 'folder', false],
    ]);
    expect((await readdir(out, { recursive: true })).sort()).toEqual(
      (await readdir(folder, { recursive: true })).sort(),
    );
    expect(await readFile(join(out, 'sub/deep/data.bin'))).toEqual(Buffer.alloc(100_000, 7));
    expect(await readlink(join(out, 'sub/deep/link'))).toBe('../run.sh');
    expect((await stat(join(out, 'sub/run.sh'))).mode & 0o111).not.toBe(0);
  }));

test('the manifest is what ORAS writes', () =>
  withPlace(async ({ folder, target }) => {
    const spec = { files: both, folder, created: '2026-01-02T03:04:05Z' };
    const { descriptor, layers } = await pushArtifact(target, spec, options);
    const manifest = await manifestOf(target, descriptor);
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      artifactType: 'application/vnd.unknown.artifact.v1',
      config: { mediaType: MEDIA_TYPES.empty, size: 2, data: 'e30=' },
      annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
    });
    expect(manifest.layers).toEqual(layers);
    expect(layers).toMatchObject([
      { mediaType: 'text/plain', annotations: { 'org.opencontainers.image.title': 'notes.txt' } },
      {
        mediaType: MEDIA_TYPES.layerGzip,
        annotations: {
          'io.deis.oras.content.digest': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
          'io.deis.oras.content.unpack': 'true',
          'org.opencontainers.image.title': 'sub',
        },
      },
    ]);
  }));

test('bytes depend on no clock, no owner and no order', () =>
  withPlace(async ({ folder, target }) => {
    const first = await pushArtifact(target, { files: both, folder }, options);
    utimesSync(join(folder, 'notes.txt'), 5, 5);
    utimesSync(join(folder, 'sub/run.sh'), 5, 5);
    await chmod(join(folder, 'sub/run.sh'), 0o755);
    await chmod(join(folder, 'sub/deep'), 0o700);
    const second = await pushArtifact(target, { files: both, folder }, options);
    expect(second.descriptor).toEqual(first.descriptor);
    expect(second.sent).toBe(0);
  }));

test('an artifact without files has the empty layer', () =>
  withPlace(async ({ folder, target, out }) => {
    const { descriptor } = await pushArtifact(target, { files: [], folder }, options);
    const { layers } = await manifestOf(target, descriptor);
    expect(layers).toMatchObject([{ mediaType: MEDIA_TYPES.empty }]);
    const pulled = await pullArtifact(target, descriptor.digest, out, { signal });
    expect(pulled).toMatchObject({ parts: [], untitled: [] });
  }));

test('names that mean something in an image mean nothing here', () =>
  withPlace(async ({ folder, target, out }) => {
    await mkdir(join(folder, 'lib'));
    await writeFile(join(folder, 'lib/.wh.x'), '');
    await mkdir(join(folder, 'sub/lib/deep'), { recursive: true });
    const files = [{ path: 'lib' }, { path: 'sub/lib' }];
    await pushArtifact(target, { files, folder }, { ...options, tag: 'v1' });
    await pullArtifact(target, 'v1', out, { signal });
    expect(await readdir(join(out, 'lib'))).toEqual(['.wh.x']);
    expect(await readdir(join(out, 'sub/lib'))).toEqual(['deep']);
  }));

test('only files inside the folder, under titles that fit', () =>
  withPlace(async ({ folder, target }) => {
    const push = (...files: ArtifactSpec['files']) =>
      codeOf(pushArtifact(target, { files, folder }, options));
    expect(await push({ path: 'none' })).toBe('MLC6530');
    expect(await push({ path: '../out' })).toBe('MLC6530');
    expect(await push({ path: '/etc/hostname' })).toBe('MLC6530');
    expect(await push({ path: '/etc/hostname', title: 'hostname' })).toBe('done');
    expect(await push({ path: 'notes.txt', title: '../x' })).toBe('MLC6530');
    expect(await push({ path: 'notes.txt' }, { path: 'notes.txt' })).toBe('MLC6530');
    await symlink('../../..', join(folder, 'sub/out'));
    expect(await push({ path: 'sub' })).toBe('MLC6530');
  }));

test('a pull writes over nothing that it was not asked to', () =>
  withPlace(async ({ folder, target, out }) => {
    await pushArtifact(target, { files: both, folder }, { ...options, tag: 'v1' });
    await mkdir(join(out, 'sub'), { recursive: true });
    await writeFile(join(out, 'sub/mine'), '');
    expect(await codeOf(pullArtifact(target, 'v1', out, { signal }))).toBe('MLC6532');
    expect(await readdir(out)).toEqual(['sub']);
    await pullArtifact(target, 'v1', out, { signal, replace: true });
    expect((await readdir(join(out, 'sub'))).sort()).toEqual(['deep', 'run.sh']);
    await writeFile(join(out, 'notes.txt'), 'other notes');
    expect(await codeOf(pullArtifact(target, 'v1', out, { signal }))).toBe('MLC6532');
  }));

test('a file that is there already is not fetched', () =>
  withPlace(async ({ folder, target, out }) => {
    const files = [{ path: 'notes.txt' }];
    await pushArtifact(target, { files, folder }, { ...options, tag: 'v1' });
    await pullArtifact(target, 'v1', out, { signal });
    const again = await pullArtifact(target, 'v1', out, { signal });
    expect(again.parts.map(({ reused }) => reused)).toEqual([true]);
  }));

test('a link in the folder leads nowhere', () =>
  withPlace(async ({ folder, target, out }) => {
    const files = [{ path: 'sub/run.sh' }];
    await pushArtifact(target, { files, folder }, { ...options, tag: 'v1' });
    await mkdir(out);
    await symlink('../in', join(out, 'sub'));
    expect(await codeOf(pullArtifact(target, 'v1', out, { signal }))).toBe('MLC6532');
    expect(await codeOf(pullArtifact(target, 'v1', out, { signal, replace: true }))).toBe(
      'MLC6532',
    );
  }));

test.each(['../escape', '/abs', 'a/../../b', 'sub\\x', ''])('the title %j is refused', (title) =>
  withPlace(async ({ target, out }) => {
    const layer = textContent('x');
    const config = textContent('{}', MEDIA_TYPES.empty);
    const annotations = { 'org.opencontainers.image.title': title };
    const manifest = jsonContent({
      config: config.descriptor,
      layers: [{ ...layer.descriptor, annotations }],
    });
    for (const content of [layer, config, manifest]) await target.push(content, { signal });
    const pull = pullArtifact(target, manifest.descriptor.digest, out, { signal });
    expect(await codeOf(pull)).toBe('MLC6531');
  }),
);

test('layers without a title are named, an index is refused', () =>
  withPlace(async ({ target, out }) => {
    const image = await pushImage(target, 'x');
    const { untitled } = await pullArtifact(target, image.descriptor.digest, out, { signal });
    expect(untitled).toHaveLength(1);
    const index = await pushIndex(target, 'x');
    expect(await codeOf(pullArtifact(target, index.digest, out, { signal }))).toBe('MLC6512');
  }));

test('what is attached is found, with what is attached to that', () =>
  withPlace(async ({ folder, target }) => {
    const image = await pushImage(target, 'x');
    await target.tag(image.descriptor, 'v1', { signal });
    const files = [{ path: 'notes.txt' }];
    const one = await attach(target, 'v1', { artifactType: 'a/one', files, folder }, options);
    expect(one.subject.digest).toBe(image.descriptor.digest);
    const spec = { artifactType: 'a/two', files, folder };
    const two = await attach(target, one.descriptor.digest, spec, options);
    expect(await discover(target, 'v1', { signal })).toMatchObject({
      descriptor: { digest: image.descriptor.digest },
      referrers: [
        {
          descriptor: { digest: one.descriptor.digest, artifactType: 'a/one' },
          referrers: [{ descriptor: { digest: two.descriptor.digest }, referrers: [] }],
        },
      ],
    });
    const none = await discover(target, 'v1', { signal, artifactType: 'a/two' });
    expect(none.referrers).toEqual([]);
    expect(await codeOf(attach(target, 'none', { files, folder }, options))).toBe('MLC6510');
  }));

test('a pull that fails or is stopped leaves nothing', () =>
  withPlace(async ({ folder, target, out }) => {
    const { layers } = await pushArtifact(
      target,
      { files: both, folder },
      { ...options, tag: 'v1' },
    );
    const last = layers.at(-1)?.digest;
    const stop = new AbortController();
    const stopping = {
      ...target,
      fetch: (descriptor: Descriptor, how: { signal: AbortSignal }) => {
        if (descriptor.digest === last) stop.abort(new Error('enough'));
        return target.fetch(descriptor, how);
      },
    };
    await expect(pullArtifact(stopping, 'v1', out, { signal: stop.signal })).rejects.toThrow(
      'enough',
    );
    expect(await readdir(out)).toEqual([]);
    const changed = {
      ...target,
      fetch: (descriptor: Descriptor, how: { signal: AbortSignal }) =>
        target.fetch(descriptor.digest === last ? textContent('none').descriptor : descriptor, how),
    };
    expect(await codeOf(pullArtifact(changed, 'v1', out, { signal }))).toBe('MLC6511');
    expect(await readdir(out)).toEqual([]);
  }));
