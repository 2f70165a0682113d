import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, MEDIA_TYPES, validateLayout, type Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
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
import type { Content, ContentTarget } from '../content.ts';
import { openLayoutTarget, type LayoutTarget } from '../layout/target.ts';
import { copy, type CopyProgress } from './copy.ts';

interface Pair {
  readonly from: LayoutTarget;
  readonly to: LayoutTarget;
  readonly folder: string;
}

function withPair(use: (pair: Pair) => Promise<void>): Promise<void> {
  return withFolder((folder) =>
    use({
      folder,
      from: openLayoutTarget(join(folder, 'from')),
      to: openLayoutTarget(join(folder, 'to')),
    }),
  );
}

/** Pushes an artifact with a text as its layer. */
async function pushNote(target: ContentTarget, text: string, subject?: Descriptor) {
  const config = textContent('{}', MEDIA_TYPES.empty);
  const layer = textContent(text);
  const manifest = jsonContent({
    artifactType: 'a/note',
    config: config.descriptor,
    layers: [layer.descriptor],
    ...(subject !== undefined && {
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    }),
  });
  for (const content of [config, layer, manifest]) await target.push(content, { signal });
  return manifest.descriptor;
}

test('an index arrives with the same digest and everything below it', () =>
  withPair(async ({ from, to, folder }) => {
    const index = await pushIndex(from, 'hello');
    await from.tag(index, 'v1', { signal });
    const result = await copy(from, to, 'v1', { signal, tag: 'copied' });
    expect(result.root.digest).toBe(index.digest);
    expect((await to.resolve('copied', { signal })).digest).toBe(index.digest);
    expect(await bytesOf(to, index)).toEqual(await bytesOf(from, index));
    const { findings } = await validateLayout(join(folder, 'to'), { signal });
    expect(findings).toEqual([]);
    // Both images have the same layer: it went once.
    expect(result.nodes).toHaveLength(6);
    expect(result.nodes.every(({ how }) => how === 'uploaded')).toBe(true);
    expect(result.sent).toBe(
      result.nodes.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    );
  }));

test('children come before what names them', () =>
  withPair(async ({ from, to }) => {
    const index = await pushIndex(from, 'hello');
    const order: string[] = [];
    const watching: ContentTarget = {
      ...to,
      push: async (content, options) => {
        const outcome = await to.push(content, options);
        order.push(content.descriptor.mediaType);
        return outcome;
      },
    };
    await copy(from, watching, index.digest, { signal });
    // The layout refuses a manifest whose parts are missing, so the order of the others is proved as well.
    expect(order).toHaveLength(6);
    expect(order.at(-1)).toBe(MEDIA_TYPES.index);
  }));

test('the second time, nothing is fetched or sent', () =>
  withPair(async ({ from, to }) => {
    const index = await pushIndex(from, 'hello');
    await copy(from, to, index.digest, { signal });
    const blind = { ...from, fetch: () => expect.unreachable() };
    const { nodes, sent } = await copy(blind, to, index.digest, { signal, tag: 'v1' });
    expect(sent).toBe(0);
    expect(nodes.map(({ how }) => how)).toEqual(['present']);
  }));

test('a broken blob stops it, and leaves no manifest', () =>
  withPair(async ({ from, to, folder }) => {
    const { manifest, layers } = await pushImage(from, 'hello');
    const [layer] = layers;
    if (layer === undefined) throw new Error('no layer');
    const file = join(folder, 'from', blobPath(layer.digest));
    await writeFile(file, Buffer.alloc(layer.size));
    expect(await codeOf(copy(from, to, manifest.descriptor.digest, { signal }))).toBe('MLC6513');
    expect(await to.has(manifest.descriptor, { signal })).toBe(false);
    await rm(file);
    expect(await codeOf(copy(from, to, manifest.descriptor.digest, { signal }))).toBe('MLC6511');
    expect(await codeOf(copy(from, to, 'none', { signal }))).toBe('MLC6510');
  }));

test('platforms are chosen only when asked', () =>
  withPair(async ({ from, to }) => {
    const index = await pushIndex(from, 'hello');
    const both = ['linux/arm64', 'linux/amd64'];
    const whole = await copy(from, to, index.digest, { signal, platforms: both });
    expect(whole.root.digest).toBe(index.digest);
    const part = await copy(from, to, index.digest, { signal, platforms: ['linux/arm64'] });
    expect(part.root.digest).not.toBe(index.digest);
    const json = JSON.parse((await bytesOf(to, part.root)).toString()) as {
      manifests: Descriptor[];
    };
    expect(json.manifests.map(({ platform }) => platform?.architecture)).toEqual(['arm64']);
    const missing = copy(from, to, index.digest, { signal, platforms: ['linux/s390x'] });
    expect(await codeOf(missing)).toBe('MLC6515');
    const { descriptor } = await pushImage(from, 'hello', 'arm64');
    const one = (platform: string) =>
      codeOf(copy(from, to, descriptor.digest, { signal, platforms: [platform] }));
    expect(await one('linux/arm64')).toBe('done');
    expect(await one('linux/amd64')).toBe('MLC6515');
  }));

test('attestations follow the image that they are about', () =>
  withPair(async ({ from, to }) => {
    const amd = await pushImage(from, 'a', 'amd64');
    const arm = await pushImage(from, 'b', 'arm64');
    const attestation = await pushImage(from, 'about b', 'arm64');
    const about = {
      ...attestation.manifest.descriptor,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.digest': arm.descriptor.digest },
    };
    const manifests = [amd.descriptor, arm.descriptor, about];
    const index = jsonContent({ manifests }, MEDIA_TYPES.index);
    await from.push(index, { signal });
    const kept = async (platform: string) => {
      const { root } = await copy(from, to, index.descriptor.digest, {
        signal,
        platforms: [platform],
      });
      const json = JSON.parse((await bytesOf(to, root)).toString()) as { manifests: unknown[] };
      return json.manifests.length;
    };
    expect(await kept('linux/amd64')).toBe(1);
    expect(await kept('linux/arm64')).toBe(2);
  }));

test('referrers come along when asked, at every depth', () =>
  withPair(async ({ from, to }) => {
    const index = await pushIndex(from, 'hello');
    const image = (await pushImage(from, 'hello')).descriptor;
    const onIndex = await pushNote(from, 'on the index', index);
    const onImage = await pushNote(from, 'on an image in it', image);
    const onNote = await pushNote(from, 'on the note', onImage);
    await copy(from, to, index.digest, { signal });
    expect(await to.has(onIndex, { signal })).toBe(false);
    await copy(from, to, index.digest, { signal, referrers: true });
    for (const note of [onIndex, onImage, onNote]) {
      expect(await to.has(note, { signal })).toBe(true);
    }
    const found = await to.referrers(onImage, { signal });
    expect(found.map(({ digest }) => digest)).toEqual([onNote.digest]);
  }));

test('an artifact brings its subject, where there is one', () =>
  withPair(async ({ from, to }) => {
    const image = (await pushImage(from, 'hello')).descriptor;
    const note = await pushNote(from, 'note', image);
    await copy(from, to, note.digest, { signal });
    expect(await to.has(image, { signal })).toBe(true);
    const lone = await pushNote(from, 'lone', textContent('gone', MEDIA_TYPES.manifest).descriptor);
    expect(await codeOf(copy(from, to, lone.digest, { signal }))).toBe('done');
  }));

test('a layer that its owner alone may distribute stays where it is', () =>
  withPair(async ({ from, to }) => {
    const config = textContent('{}', MEDIA_TYPES.empty);
    const foreign = {
      ...textContent('windows').descriptor,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls: ['https://example.com/layer'],
    };
    const manifest = jsonContent({ config: config.descriptor, layers: [foreign] });
    for (const content of [config, manifest]) await from.push(content, { signal });
    const { nodes } = await copy(from, to, manifest.descriptor.digest, { signal });
    expect(nodes.map(({ how }) => how).sort()).toEqual(['left-out', 'uploaded', 'uploaded']);
    expect(await to.has(manifest.descriptor, { signal })).toBe(true);
  }));

test('a blob that is no image is copied under its own type', () =>
  withPair(async ({ from, to }) => {
    const odd = textContent('odd', 'application/x-odd');
    const index = jsonContent({ manifests: [odd.descriptor] }, MEDIA_TYPES.index);
    for (const content of [odd, index]) await from.push(content, { signal });
    await copy(from, to, index.descriptor.digest, { signal });
    expect(await to.has(odd.descriptor, { signal })).toBe(true);
  }));

test('what the target lost in the meantime is sent again, once', () =>
  withPair(async ({ from, to }) => {
    const { manifest } = await pushImage(from, 'hello');
    let refused = 0;
    const forgetful: ContentTarget = {
      ...to,
      push: (content: Content, options) => {
        if (content.descriptor.mediaType !== MEDIA_TYPES.manifest) return to.push(content, options);
        refused += 1;
        if (refused > 1) return to.push(content, options);
        return Promise.reject(mlcError('MLC6522', { name: 'x', missing: ['y'] }));
      },
    };
    await copy(from, forgetful, manifest.descriptor.digest, { signal });
    expect(refused).toBe(2);
    expect(await to.has(manifest.descriptor, { signal })).toBe(true);
  }));

test('never more at once than allowed, and everything is told', () =>
  withPair(async ({ from, to }) => {
    const index = await pushIndex(from, 'hello');
    let running = 0;
    let most = 0;
    const counting: ContentTarget = {
      ...to,
      push: async (content, options) => {
        running += 1;
        most = Math.max(most, running);
        const outcome = await to.push(content, options);
        running -= 1;
        return outcome;
      },
    };
    const told: CopyProgress[] = [];
    const { nodes } = await copy(from, counting, index.digest, {
      signal,
      concurrency: 2,
      onProgress: (progress) => void told.push(progress),
    });
    expect(most).toBeLessThanOrEqual(2);
    expect(told.filter(({ how }) => how !== undefined)).toHaveLength(nodes.length);
  }));

test('one failure stops the others before it is told', () =>
  withPair(async ({ from, to }) => {
    const config = textContent('{}', MEDIA_TYPES.empty);
    const layers = Array.from({ length: 12 }, (_, at) => textContent(`layer ${at}`));
    const parts = layers.map(({ descriptor }) => descriptor);
    const manifest = jsonContent({ config: config.descriptor, layers: parts });
    for (const content of [config, ...layers, manifest]) await from.push(content, { signal });
    let started = 0;
    let ended = 0;
    const failing: ContentTarget = {
      ...to,
      push: async (content, options) => {
        started += 1;
        try {
          if (started === 3) throw mlcError('MLC6511', { name: 'x', digest: 'y' });
          return await to.push(content, options);
        } finally {
          ended += 1;
        }
      },
    };
    const copying = copy(from, failing, manifest.descriptor.digest, { signal, concurrency: 2 });
    expect(await codeOf(copying)).toBe('MLC6511');
    expect(ended).toBe(started);
    expect(started).toBeLessThan(13);
  }));

test('it ends with the signal', () =>
  withPair(async ({ from, to }) => {
    const index = await pushIndex(from, 'hello');
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(copy(from, to, index.digest, { signal: stop.signal })).rejects.toThrow('enough');
  }));
