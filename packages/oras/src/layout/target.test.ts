import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, MEDIA_TYPES, validateLayout, type Digest } from '@mlcontainer/oci';
import { expect, test } from 'vitest';
import {
  bytesOf,
  codeOf,
  jsonContent,
  pushImage,
  pushIndex,
  signal,
  textContent,
  withFolder,
} from '../../test/support/graph.ts';
import { openLayoutSource } from './open.ts';
import { openLayoutTarget } from './target.ts';

const ABSENT: Digest = `sha256:${'0'.repeat(64)}`;

async function findingsOf(folder: string): Promise<string[]> {
  const { findings } = await validateLayout(folder, { signal });
  return findings.map(({ code }) => code);
}

test('an image that is pushed makes a valid layout', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'deep', 'layout');
    const target = openLayoutTarget(path);
    const { descriptor } = await pushImage(target, 'hello');
    await target.tag(descriptor, 'v1', { signal });
    expect(await findingsOf(path)).toEqual([]);
    expect((await readdir(path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(await target.resolve('v1', { signal })).toMatchObject({ digest: descriptor.digest });
  }));

test('what is inside an index is not listed beside it', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const index = await pushIndex(target, 'hello');
    expect((await target.roots()).map(({ digest }) => digest)).toEqual([index.digest]);
    expect(await findingsOf(folder)).toEqual([]);
  }));

test('a tag moves, and what had it stays', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const first = await pushImage(target, 'one');
    const second = await pushImage(target, 'two');
    await target.tag(first.descriptor, 'v1', { signal });
    await target.tag(first.descriptor, 'stable', { signal });
    await target.tag(second.descriptor, 'v1', { signal });
    expect((await target.resolve('v1', { signal })).digest).toBe(second.descriptor.digest);
    expect((await target.resolve('stable', { signal })).digest).toBe(first.descriptor.digest);
    const tags: string[] = [];
    for await (const tag of target.tags({ signal })) tags.push(tag);
    expect(tags.sort()).toEqual(['stable', 'v1']);
    await target.tag(second.descriptor, 'stable', { signal });
    expect((await target.resolve(first.descriptor.digest, { signal })).size).toBe(
      first.descriptor.size,
    );
    expect(await target.roots()).toHaveLength(3);
  }));

test('a digest that no name leads to is found', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    await pushIndex(target, 'hello');
    const { descriptor } = await pushImage(target, 'hello');
    expect(await target.resolve(descriptor.digest, { signal })).toEqual({
      mediaType: MEDIA_TYPES.manifest,
      digest: descriptor.digest,
      size: descriptor.size,
    });
    expect(await codeOf(target.resolve(ABSENT, { signal }))).toBe('MLC6510');
    expect(await codeOf(target.resolve('nothing', { signal }))).toBe('MLC6510');
  }));

test('changed content is found out, on the way in and out', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const content = textContent('hello');
    const other = { ...content, open: textContent('jello').open };
    const longer = { ...content, open: textContent('hello!').open };
    expect(await codeOf(target.push(other, { signal }))).toBe('MLC6513');
    expect(await codeOf(target.push(longer, { signal }))).toBe('MLC6513');
    expect(await readdir(join(folder, 'blobs/sha256'))).toEqual([]);
    expect(await target.push(content, { signal })).toEqual({ how: 'uploaded', sent: 5 });
    expect(await target.push(content, { signal })).toEqual({ how: 'present', sent: 0 });
    await writeFile(join(folder, blobPath(content.descriptor.digest)), 'jello');
    expect(await codeOf(bytesOf(target, content.descriptor))).toBe('MLC6513');
  }));

test('a link is no blob', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const { descriptor } = textContent('hello');
    await target.push(textContent('other'), { signal });
    await writeFile(join(folder, 'outside'), 'hello');
    await symlink('../../outside', join(folder, blobPath(descriptor.digest)));
    expect(await target.has(descriptor, { signal })).toBe(false);
    expect(await codeOf(bytesOf(target, descriptor))).toBe('MLC6511');
  }));

test('a digest that is a path is refused', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const descriptor = {
      ...textContent('x').descriptor,
      digest: 'sha256:../../index.json' as Digest,
    };
    expect(await codeOf(target.has(descriptor, { signal }))).toBe('MLC6514');
    expect(await codeOf(bytesOf(target, descriptor))).toBe('MLC6514');
    const push = target.push({ ...textContent('x'), descriptor }, { signal });
    expect(await codeOf(push)).toBe('MLC6514');
  }));

test('a manifest needs its parts', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const config = textContent('{}', MEDIA_TYPES.empty);
    const manifest = jsonContent({ config: config.descriptor, layers: [] });
    expect(await codeOf(target.push(manifest, { signal }))).toBe('MLC6522');
    await target.push(config, { signal });
    expect(await codeOf(target.push(manifest, { signal }))).toBe('done');
  }));

test('a manifest must be one', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const push = (json: object) => codeOf(target.push(jsonContent(json), { signal }));
    expect(await push({ layers: [] })).toBe('MLC6512');
    expect(await push({ manifests: [], layers: [] })).toBe('MLC6512');
    expect(await push({ mediaType: MEDIA_TYPES.index, manifests: [] })).toBe('MLC6512');
  }));

test('a folder with something else stays as it is', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'letter.txt'), '');
    const target = openLayoutTarget(folder);
    expect(await codeOf(target.push(textContent('x'), { signal }))).toBe('MLC6041');
    expect(await readdir(folder)).toEqual(['letter.txt']);
  }));

test('a layout of another version is refused', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
    const target = openLayoutTarget(folder);
    expect(await codeOf(target.push(textContent('x'), { signal }))).toBe('MLC6040');
  }));

test('members of index.json that are not ours are kept', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    await target.push(textContent('x'), { signal });
    const file = join(folder, 'index.json');
    await writeFile(file, '{"schemaVersion":2,"annotations":{"a":"b"},"manifests":[]}');
    await pushImage(target, 'hello');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      annotations: { a: 'b' },
      manifests: [{ mediaType: MEDIA_TYPES.manifest }],
    });
  }));

test('referrers are found by what they say, at any place', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const { descriptor } = await pushImage(target, 'hello');
    const config = textContent('{}', MEDIA_TYPES.empty);
    await target.push(config, { signal });
    const parts = { config: config.descriptor, layers: [config.descriptor] };
    const { mediaType, digest, size } = descriptor;
    const subject = { mediaType, digest, size };
    const note = jsonContent({ artifactType: 'a/note', ...parts, subject });
    const old = jsonContent({ ...parts, subject, annotations: { k: 'v' } });
    for (const content of [note, old]) await target.push(content, { signal });
    const index = jsonContent({ manifests: [old.descriptor] }, MEDIA_TYPES.index);
    await target.push(index, { signal });
    expect(await target.roots()).toHaveLength(3);
    const found = await target.referrers(descriptor, { signal });
    expect(found.map((one) => [one.digest, one.artifactType, one.annotations])).toEqual([
      [note.descriptor.digest, 'a/note', undefined],
      [old.descriptor.digest, MEDIA_TYPES.empty, { k: 'v' }],
    ]);
    const notes = await target.referrers(descriptor, { signal, artifactType: 'a/note' });
    expect(notes).toHaveLength(1);
    expect(await target.referrers(note.descriptor, { signal })).toEqual([]);
  }));

test('a source sees what is added later', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    await target.push(textContent('x'), { signal });
    const source = await openLayoutSource(folder, { signal });
    const { descriptor } = await pushImage(target, 'hello');
    await target.tag(descriptor, 'v1', { signal });
    expect((await source.resolve('v1', { signal })).digest).toBe(descriptor.digest);
    await source.close();
  }));

test('there must be a layout to open', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'empty'));
    expect(await codeOf(openLayoutSource(join(folder, 'empty'), { signal }))).toBe('MLC6040');
    expect(await codeOf(openLayoutSource(join(folder, 'none'), { signal }))).toBe('MLC6040');
    await rm(join(folder, 'empty'), { recursive: true });
  }));
