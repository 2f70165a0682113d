import { join } from 'node:path';
import { blobPath, validateLayout } from '@mlcontainer/oci';
import { describe, expect, test } from 'vitest';
import { attach, discover } from '../src/artifacts/attach.ts';
import { pullArtifact } from '../src/artifacts/pull.ts';
import { pushArtifact } from '../src/artifacts/push.ts';
import { copy } from '../src/copy/copy.ts';
import { openLayoutSource } from '../src/layout/open.ts';
import { openLayoutTarget } from '../src/layout/target.ts';
import { pushIndex, signal, store, withFolder } from './support/graph.ts';
import { run } from './support/programs.ts';
import { PLACES, startPlace, type Place, type PlaceKind } from './support/registries.ts';
import { mkdir, readFile, writeFile } from 'node:fs/promises';

async function withPlace(
  kind: PlaceKind,
  use: (place: Place, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await using place = await startPlace(kind, join(folder, 'registry'));
    await use(place, folder);
  });
}

async function makeFiles(folder: string): Promise<string> {
  const files = join(folder, 'files');
  await mkdir(join(files, 'report'), { recursive: true });
  await writeFile(join(files, 'sbom.json'), '{"a":1}');
  await writeFile(join(files, 'report/index.html'), '<p>');
  return files;
}

describe.each(PLACES)('%s', (kind) => {
  test('from layout to registry, to another repository, and back: the same digest', () =>
    withPlace(kind, async (place, folder) => {
      const layout = openLayoutTarget(join(folder, 'layout'));
      const index = await pushIndex(layout, 'hello');
      const one = place.repository('team/one');
      const two = place.repository('team/two');
      const up = await copy(layout, one, index.digest, { signal, tag: 'v1' });
      expect(up.root.digest).toBe(index.digest);
      expect(up.sent).toBeGreaterThan(0);
      expect((await one.resolve('v1', { signal })).digest).toBe(index.digest);
      const mountFrom = ['team/one'];
      const across = await copy(one, two, 'v1', { signal, tag: 'v2', mountFrom });
      expect(across.nodes.filter(({ how }) => how === 'mounted')).toHaveLength(3);
      const back = openLayoutTarget(join(folder, 'back'));
      await copy(two, back, 'v2', { signal, tag: 'v2' });
      expect((await back.resolve('v2', { signal })).digest).toBe(index.digest);
      const { findings } = await validateLayout(join(folder, 'back'), { signal });
      expect(findings).toEqual([]);
    }));

  test('a second copy sends nothing', () =>
    withPlace(kind, async (place, folder) => {
      const layout = openLayoutTarget(join(folder, 'layout'));
      const index = await pushIndex(layout, 'hello');
      await copy(layout, place.repository('a'), index.digest, { signal });
      const again = await copy(layout, place.repository('a'), index.digest, { signal });
      expect(again.nodes.map(({ how }) => how)).toEqual(['present']);
    }));

  test('what is attached is found in the registry, and comes along', () =>
    withPlace(kind, async (place, folder) => {
      const files = await makeFiles(folder);
      const layout = openLayoutTarget(join(folder, 'layout'));
      const index = await pushIndex(layout, 'hello');
      const source = place.repository('source');
      await copy(layout, source, index.digest, { signal, tag: 'v1' });
      const spec = { artifactType: 'a/sbom', files: [{ path: 'sbom.json' }], folder: files };
      const sbom = await attach(source, 'v1', spec, { signal, store });
      const note = { ...spec, artifactType: 'a/note' };
      const deep = await attach(source, sbom.descriptor.digest, note, { signal, store });
      const copies = [place.repository('copy'), openLayoutTarget(join(folder, 'copy'))];
      for (const target of copies) {
        await copy(source, target, 'v1', { signal, tag: 'v1', referrers: true });
        expect(await discover(target, 'v1', { signal })).toMatchObject({
          descriptor: { digest: index.digest },
          referrers: [
            {
              descriptor: { digest: sbom.descriptor.digest, artifactType: 'a/sbom' },
              referrers: [{ descriptor: { digest: deep.descriptor.digest } }],
            },
          ],
        });
      }
    }));

  test('an artifact comes back from the registry', () =>
    withPlace(kind, async (place, folder) => {
      const files = await makeFiles(folder);
      const repository = place.repository('files');
      const spec = { files: [{ path: 'sbom.json' }, { path: 'report' }], folder: files };
      await pushArtifact(repository, spec, { signal, store, tag: 'v1' });
      const out = join(folder, 'out');
      await pullArtifact(repository, 'v1', out, { signal });
      expect(await readFile(join(out, 'report/index.html'), 'utf8')).toBe('<p>');
      expect(await readFile(join(out, 'sbom.json'), 'utf8')).toBe('{"a":1}');
    }));

  test('skopeo reads what was copied, and we read what skopeo copied', () =>
    withPlace(kind, async (place, folder) => {
      const layout = openLayoutTarget(join(folder, 'layout'));
      const index = await pushIndex(layout, 'hello');
      await copy(layout, place.repository('image'), index.digest, { signal, tag: 'v1' });
      const archive = join(folder, 'archive.tar');
      const from = `docker://${place.host}/image:v1`;
      const all = ['copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'];
      await run('skopeo', ...all, from, `oci-archive:${archive}:v9`);
      const source = await openLayoutSource(archive, { signal });
      const root = await source.resolve('v9', { signal });
      expect(root.digest).toBe(index.digest);
      const to = openLayoutTarget(join(folder, 'from-skopeo'));
      await copy(source, to, 'v9', { signal, tag: 'v9' });
      await source.close();
      const path = `oci:${join(folder, 'from-skopeo')}:v9`;
      const raw = await run('skopeo', 'inspect', '--raw', path);
      const bytes = await readFile(join(folder, 'from-skopeo', blobPath(index.digest)), 'utf8');
      expect(raw).toBe(bytes);
    }));
});
