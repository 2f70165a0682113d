import { mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { chunksOf, sampleBytes } from '../../test/fixtures/samples.ts';
import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { storeInfo } from './inventory.ts';
import { storePrune } from './prune.ts';
import { createStore } from './store.ts';

const HOUR = 60 * 60 * 1000;

async function filledStore(): Promise<{ root: string; hashes: string[] }> {
  const root = await tempFolder();
  const store = createStore({ root });
  const hashes: string[] = [];
  for (let seed = 1; seed <= 3; seed += 1) {
    hashes.push((await store.put(chunksOf(sampleBytes(seed, 1000 * seed)))).sha256);
  }
  await store.writeRecord('kind', 'key', 'value');
  await store.folder('kind', 'key', (folder) => writeFile(join(folder, 'file'), 'x'.repeat(500)));
  return { root, hashes };
}

async function age(root: string, sha256: string, ms: number): Promise<void> {
  const then = (Date.now() - ms) / 1000;
  for (const area of [['blobs', 'sha256'], ['seals']]) {
    await utimes(join(root, 'v1', ...area, sha256.slice(0, 2), sha256), then, then);
  }
}

/** What the command line keeps between runs: a program, a config, and Node's own folder of one release. */
async function keepCode(root: string): Promise<{ program: string; release: string }> {
  const release = join(root, 'compiled', 'v24.0.0-x64-abc-0');
  const program = join(root, 'compiled', 'program-v24.0.0-x64-build');
  await mkdir(release, { recursive: true });
  await mkdir(join(root, 'configs'));
  await writeFile(join(release, 'entry'), 'x'.repeat(10));
  await writeFile(program, 'x'.repeat(20));
  await writeFile(join(root, 'configs', 'aa'), 'x'.repeat(300));
  return { program, release };
}

describe('storeInfo', () => {
  it('counts blobs, records and folders', async () => {
    const { root } = await filledStore();
    const info = await storeInfo(root);
    expect(info.blobs).toEqual({ count: 3, bytes: 6000 });
    expect(info.records.count).toBe(1);
    expect(info.folders.count).toBe(1);
    expect(info.folders.bytes).toBeGreaterThan(500);
  });

  it('counts the code that is kept beside it', async () => {
    const { root } = await filledStore();
    await keepCode(root);
    expect((await storeInfo(root)).code).toEqual({ count: 3, bytes: 330 });
  });

  it('finds nothing where there is no store', async () => {
    const info = await storeInfo(join(await tempFolder(), 'missing'));
    expect([info.blobs.count, info.records.count, info.folders.count]).toEqual([0, 0, 0]);
  });
});

describe('storePrune', () => {
  it('removes what was not used for too long, with its seal', async () => {
    const { root, hashes } = await filledStore();
    await age(root, hashes[0] ?? '', 48 * HOUR);
    const result = await storePrune(root, { maxAge: 24 * HOUR });
    expect(result).toMatchObject({ removed: 1, freed: 1000, kept: 4 });
    expect(await createStore({ root }).path(hashes[0] ?? '')).toBeUndefined();
    expect(await createStore({ root }).path(hashes[1] ?? '')).toBeDefined();
    const seals = await readdir(join(root, 'v1', 'seals'), { recursive: true });
    expect(seals.filter((name) => name.length > 2)).toHaveLength(2);
  });

  it('removes the longest unused until the rest fits', async () => {
    const { root, hashes } = await filledStore();
    await age(root, hashes[2] ?? '', 10 * HOUR);
    await age(root, hashes[1] ?? '', 5 * HOUR);
    const { size } = await storePrune(root, { maxSize: 5000 });
    expect(size).toBeLessThanOrEqual(5000);
    expect(await createStore({ root }).path(hashes[2] ?? '')).toBeUndefined();
    expect(await createStore({ root }).path(hashes[1] ?? '')).toBeDefined();
  });

  it('leaves what is in use, however small the store shall be', async () => {
    const { root } = await filledStore();
    expect((await storePrune(root, { maxSize: 0, maxAge: 0 })).removed).toBe(0);
  });

  it('empties the store when nothing is to be spared', async () => {
    const { root } = await filledStore();
    expect(await storePrune(root, { maxSize: 0, grace: 0 })).toMatchObject({
      removed: 5,
      kept: 0,
      size: 0,
    });
    expect(await readdir(join(root, 'v1', 'tmp'))).toEqual([]);
  });

  it('removes code that was not read for too long, and nothing through a link', async () => {
    const { root } = await filledStore();
    const { program, release } = await keepCode(root);
    const then = (Date.now() - 48 * HOUR) / 1000;
    for (const path of [program, join(release, 'entry'), release]) await utimes(path, then, then);
    const elsewhere = await tempFolder();
    await writeFile(join(elsewhere, 'mine'), 'x');
    await utimes(join(elsewhere, 'mine'), then, then);
    await rm(join(root, 'configs'), { recursive: true });
    await symlink(elsewhere, join(root, 'configs'));
    expect(await storePrune(root, { maxAge: 24 * HOUR })).toMatchObject({ removed: 2, freed: 30 });
    expect(await readdir(join(root, 'compiled'))).toEqual([]);
    expect(await readdir(elsewhere)).toEqual(['mine']);
  });

  it('removes code where there is no store beside it', async () => {
    const root = await tempFolder();
    await keepCode(root);
    expect((await storePrune(root, { maxSize: 0, grace: 0 })).removed).toBe(3);
    expect(await readdir(join(root, 'compiled'))).toEqual([]);
  });

  it('knows a use by a hit, once an hour', async () => {
    const { root, hashes } = await filledStore();
    const hash = hashes[0] ?? '';
    const seal = join(root, 'v1', 'seals', hash.slice(0, 2), hash);
    const then = (Date.now() - 2 * HOUR) / 1000;
    await utimes(seal, then, then);
    await createStore({ root }).path(hash);
    expect(Date.now() - (await stat(seal)).mtimeMs).toBeLessThan(HOUR);
  });

  it('removes what dead processes left, and nothing of live ones', async () => {
    const { root } = await filledStore();
    const store = createStore({ root });
    await mkdir(join(root, 'v1', 'tmp'), { recursive: true });
    await store.withTemp(async (folder) => {
      const [mine = ''] = await readdir(join(root, 'v1', 'tmp'));
      const dead = mine.replace(/\.\d+\.\d+\./, '.4194304999.1.');
      await writeFile(join(root, 'v1', 'tmp', dead), 'x');
      await writeFile(join(root, 'v1', 'tmp', 'elsewhere.1.1.ab'), 'x');
      await storePrune(root);
      expect((await readdir(join(root, 'v1', 'tmp'))).sort()).toEqual(
        ['elsewhere.1.1.ab', mine].sort(),
      );
      expect(await stat(folder)).toBeDefined();
    });
  });
});
