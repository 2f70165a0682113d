import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attach, discover } from '../src/artifacts/attach.ts';
import { modelPack, pushModelPack } from '../src/artifacts/model-pack.ts';
import { pullArtifact } from '../src/artifacts/pull.ts';
import { pushArtifact } from '../src/artifacts/push.ts';
import { bytesOf, signal, store, withFolder } from './support/graph.ts';
import { modelFacts } from './support/model.ts';
import { installOras } from './support/programs.ts';
import { PLACES, startPlace } from './support/registries.ts';

const PULL = `
import json, os, sys
import oras.client
client = oras.client.OrasClient(insecure=True)
files = client.pull(target=sys.argv[1], outdir=sys.argv[2])
print(json.dumps([os.path.relpath(file, sys.argv[2]) for file in files]))
`;
const PUSH = `
import json, os, sys
import oras.client
os.chdir(sys.argv[2])
client = oras.client.OrasClient(insecure=True)
client.push(target=sys.argv[1], files=['notes.txt:text/plain', 'folder'], manifest_annotations={'k': 'v'})
print(json.dumps(client.get_manifest(sys.argv[1])))
`;
const ATTACH = `
import json, os, sys
import oras.client, oras.oci
os.chdir(sys.argv[2])
client = oras.client.OrasClient(insecure=True)
digest, size = sys.argv[3], int(sys.argv[4])
subject = oras.oci.Subject('application/vnd.oci.image.manifest.v1+json', digest, size)
client.push(target=sys.argv[1], files=['notes.txt'], subject=subject)
print('true')
`;

let home: string;
let python: Awaited<ReturnType<typeof installOras>>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mlc-oras-python-'));
  python = await installOras(home);
}, 180_000);

afterAll(() => rm(home, { recursive: true, force: true }));

async function makeFiles(top: string): Promise<string> {
  const folder = join(top, 'files');
  await mkdir(join(folder, 'folder/deep'), { recursive: true });
  await writeFile(join(folder, 'notes.txt'), 'some notes');
  await writeFile(join(folder, 'folder/deep/data'), 'x'.repeat(5000));
  await writeFile(join(folder, 'folder/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  return folder;
}

async function expectFiles(out: string): Promise<void> {
  expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('some notes');
  expect(await readFile(join(out, 'folder/deep/data'), 'utf8')).toBe('x'.repeat(5000));
  expect((await stat(join(out, 'folder/run.sh'))).mode & 0o111).not.toBe(0);
}

describe.each(PLACES)('with the Python client of ORAS, on the %s', (kind) => {
  test('it reads what we write', () =>
    withFolder(async (top) => {
      await using place = await startPlace(kind, join(top, 'registry'));
      const folder = await makeFiles(top);
      const spec = { files: [{ path: 'notes.txt' }, { path: 'folder' }], folder };
      await pushArtifact(place.repository('ours'), spec, { signal, store, tag: 'v1' });
      const out = join(top, 'out');
      await mkdir(out);
      const files = await python<string[]>(PULL, `${place.host}/ours:v1`, out);
      expect(files).toEqual(['notes.txt', 'folder']);
      await expectFiles(out);
    }));

  test('we read what it writes', () =>
    withFolder(async (top) => {
      await using place = await startPlace(kind, join(top, 'registry'));
      const folder = await makeFiles(top);
      await python(PUSH, `${place.host}/theirs:v1`, folder);
      const out = join(top, 'out');
      const pulled = await pullArtifact(place.repository('theirs'), 'v1', out, { signal });
      expect(pulled.annotations).toEqual({ k: 'v' });
      expect(pulled.parts.map(({ title, kind: what }) => [title, what])).toEqual([
        ['notes.txt', 'file'],
        ['folder', 'folder'],
      ]);
      await expectFiles(out);
    }));

  test('we find what it attached, beside what we attached', () =>
    withFolder(async (top) => {
      await using place = await startPlace(kind, join(top, 'registry'));
      const folder = await makeFiles(top);
      const repository = place.repository('both');
      const spec = { files: [{ path: 'notes.txt' }], folder };
      const { descriptor } = await pushArtifact(repository, spec, { signal, store, tag: 'v1' });
      await attach(repository, 'v1', { ...spec, artifactType: 'a/b' }, { signal, store });
      const { digest, size } = descriptor;
      await python(ATTACH, `${place.host}/both:theirs`, folder, digest, String(size));
      const theirs = await repository.resolve('theirs', { signal });
      const { referrers } = await discover(repository, 'v1', { signal });
      const found = referrers.map((one) => one.descriptor.digest);
      // The client keeps no referrers tag, so that only a registry which lists them by itself knows of it.
      expect(found.includes(theirs.digest)).toBe(kind === 'strict registry');
      expect(referrers.map((one) => one.descriptor.artifactType)).toContain('a/b');
    }));

  test('it pulls a model', () =>
    withFolder(async (top) => {
      await using place = await startPlace(kind, join(top, 'registry'));
      const { facts, bytes, open } = modelFacts('a model');
      const repository = place.repository('model');
      const spec = { facts, name: 'churn' };
      await pushModelPack(repository, spec, open, { signal, tag: 'v1' });
      const out = join(top, 'out');
      await mkdir(out);
      await python(PULL, `${place.host}/model:v1`, out);
      expect(await readFile(join(out, facts.fileName))).toEqual(bytes);
      const { descriptor } = modelPack(spec).config;
      expect(await bytesOf(repository, descriptor)).toHaveLength(descriptor.size);
    }));
});
