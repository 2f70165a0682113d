import {
  chmod,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import { isMlcError, type ByteStream, type StorePort } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chunksOf, sampleBytes, sha256Of } from '../../test/fixtures/samples.ts';
import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { createStore } from './store.ts';

const BYTES = sampleBytes(7, 500_000);
const HASH = sha256Of(BYTES);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return isMlcError(error) ? error.code : String(error);
}

async function storeWithBlob(): Promise<{ root: string; store: StorePort; path: string }> {
  const root = await tempFolder();
  const store = createStore({ root });
  const { path } = await store.put(chunksOf(BYTES), { sha256: HASH, size: BYTES.byteLength });
  return { root, store, path };
}

/** Every file and folder below the folder for temporary files. */
async function leftovers(root: string): Promise<string[]> {
  return readdir(join(root, 'v1', 'tmp'), { recursive: true }).catch(() => []);
}

describe('put', () => {
  it('stores bytes under their hash, read-only, and says what it stored', async () => {
    const { root, store, path } = await storeWithBlob();
    expect(await readFile(path)).toEqual(BYTES);
    expect(path).toBe(join(root, 'v1', 'blobs', 'sha256', HASH.slice(0, 2), HASH));
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await store.path(HASH)).toBe(path);
    expect(await leftovers(root)).toEqual([]);
  });

  it('seals what it gives back early once that is synced, and hashes it until then', async () => {
    const root = await tempFolder();
    const small = sampleBytes(8, 1000);
    const hash = sha256Of(small);
    const store = createStore({ root });
    const { path } = await store.put(chunksOf(small), { early: true });
    await store.settle?.();
    const seal = join(root, 'v1', 'seals', hash.slice(0, 2), hash);
    expect(await readFile(seal, 'utf8')).toContain('"1000"');
    await rm(seal);
    expect(await createStore({ root }).path(hash)).toBe(path);
    expect(await readFile(seal, 'utf8')).toContain('"1000"');
    await rm(seal);
    await chmod(path, 0o600);
    await writeFile(path, Buffer.alloc(1000));
    expect(await createStore({ root }).path(hash)).toBeUndefined();
  });

  it('keeps any bytes in any chunks, whose buffer the source may use again', async () => {
    const store = createStore({ root: await tempFolder() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200_000, size: 'max' }), { maxLength: 8 }),
        async (chunks) => {
          async function* source(): ByteStream {
            const shared = Buffer.alloc(200_000);
            for (const chunk of chunks) {
              shared.set(chunk);
              yield shared.subarray(0, chunk.byteLength);
            }
          }
          const { path, size, sha256 } = await store.put(source());
          const all = Buffer.concat(chunks);
          expect([size, sha256]).toEqual([all.byteLength, sha256Of(all)]);
          expect((await readFile(path)).equals(all)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each([
    ['another hash', { sha256: sha256Of(Buffer.from('other')) }, 'MLC7003'],
    ['fewer bytes', { size: BYTES.byteLength + 1 }, 'MLC7004'],
    ['more bytes', { size: BYTES.byteLength - 1 }, 'MLC7004'],
    ['more than the limit', { limit: 1000 }, 'MLC7013'],
  ])('refuses %s and leaves nothing', async (_what, expectation, code) => {
    const root = await tempFolder();
    const store = createStore({ root });
    expect(await codeOf(store.put(chunksOf(BYTES), expectation))).toBe(code);
    expect(await store.path(HASH)).toBeUndefined();
    expect(await leftovers(root)).toEqual([]);
  });

  it('stops reading an endless source at the limit', async () => {
    const store = createStore({ root: await tempFolder() });
    let returned = false;
    async function* endless(): ByteStream {
      try {
        for (;;) yield Buffer.alloc(1 << 16);
      } finally {
        returned = true;
      }
    }
    expect(await codeOf(store.put(endless(), { limit: 1 << 20 }))).toBe('MLC7013');
    expect(returned).toBe(true);
  });

  it('passes on what the source throws', async () => {
    const root = await tempFolder();
    const failure = Object.assign(new Error('broken'), { code: 'ECONNRESET', syscall: 'read' });
    async function* broken(): ByteStream {
      yield Buffer.from('x');
      throw failure;
    }
    await expect(createStore({ root }).put(broken())).rejects.toBe(failure);
    expect(await leftovers(root)).toEqual([]);
  });

  it('refuses what is no hash', async () => {
    await expect(
      createStore({ root: await tempFolder() }).path('../../etc/passwd'),
    ).rejects.toThrow(RangeError);
  });
});

describe('a damaged blob', () => {
  const damages: readonly [string, (path: string) => Promise<void>][] = [
    ['a flipped byte', (path) => rewrite(path, Buffer.from(BYTES).fill(1, 5, 6))],
    ['missing bytes', (path) => truncate(path, 100)],
    ['bytes too many', (path) => rewrite(path, Buffer.concat([BYTES, Buffer.from('x')]))],
    ['no bytes', (path) => truncate(path, 0)],
    ['a symbolic link to the right bytes', linkAway],
    [
      'a folder in its place',
      async (path) =>
        void (await rm(path), await mkdir(path), await writeFile(join(path, 'x'), '')),
    ],
  ];

  it.each(damages)('is a miss and healed: %s', async (_what, damage) => {
    const { root, store, path } = await storeWithBlob();
    await damage(path);
    expect(await store.path(HASH)).toBeUndefined();
    expect(await createStore({ root }).path(HASH)).toBeUndefined();
    await store.put(chunksOf(BYTES), { sha256: HASH });
    expect(await createStore({ root }).path(HASH)).toBe(path);
    expect((await lstat(path)).isFile()).toBe(true);
    expect(await readFile(path)).toEqual(BYTES);
  });

  it('is a miss where a folder on the way is a symbolic link, which is then replaced', async () => {
    const { root, path } = await storeWithBlob();
    await moveFolderAway(path);
    const store = createStore({ root });
    expect(await store.path(HASH)).toBeUndefined();
    expect(await store.put(chunksOf(BYTES), { sha256: HASH })).toMatchObject({ path });
    expect((await lstat(join(path, '..'))).isDirectory()).toBe(true);
    expect(await createStore({ root }).path(HASH)).toBe(path);
  });

  it('is found out when it was damaged before this process began', async () => {
    const { root, path } = await storeWithBlob();
    const { mtime } = await stat(path);
    await rewrite(path, Buffer.from(BYTES).fill(1, 5, 6));
    await rm(join(root, 'v1', 'seals'), { recursive: true });
    await utimes(path, mtime, mtime);
    expect(await createStore({ root }).path(HASH)).toBeUndefined();
  });

  it('stays a hit when only its mode or its number of links changed', async () => {
    const { root, path } = await storeWithBlob();
    await chmod(path, 0o400);
    await link(path, join(root, 'outside'));
    expect(await createStore({ root }).path(HASH)).toBe(path);
  });

  it('is hashed again where the seal is not that of the file', async () => {
    const { root, path } = await storeWithBlob();
    const seal = join(root, 'v1', 'seals', HASH.slice(0, 2), HASH);
    await writeFile(seal, 'nonsense');
    expect(await createStore({ root }).path(HASH)).toBe(path);
    expect(await readFile(seal, 'utf8')).not.toBe('nonsense');
  });
});

async function rewrite(path: string, bytes: Uint8Array): Promise<void> {
  await chmod(path, 0o644);
  await writeFile(path, bytes);
  await chmod(path, 0o444);
}

async function linkAway(path: string): Promise<void> {
  await rename(path, `${path}.away`);
  await symlink(`${path}.away`, path);
}

async function moveFolderAway(path: string): Promise<void> {
  const folder = join(path, '..');
  await rename(folder, `${folder}.away`);
  await symlink(`${folder}.away`, folder);
}

describe('records', () => {
  it('gives back JSON under kind and key', async () => {
    const root = await tempFolder();
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (key, value) => {
        const normal: unknown = JSON.parse(JSON.stringify(value));
        await createStore({ root }).writeRecord('kind', key, value);
        expect(await createStore({ root }).readRecord('kind', key)).toEqual(normal);
      }),
      { numRuns: 30 },
    );
    expect(await createStore({ root }).readRecord('other', 'key')).toBeUndefined();
    expect(await leftovers(root)).toEqual([]);
  });

  it('treats any change of its file as a miss, and writes over it', async () => {
    const root = await tempFolder();
    const store = createStore({ root });
    await store.writeRecord('kind', 'key', { layer: 'sha256:abc' });
    const [name = ''] = await readdir(join(root, 'v1', 'records', 'kind'));
    const path = join(root, 'v1', 'records', 'kind', name);
    const text = await readFile(path);
    await chmod(path, 0o644);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.byteLength - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const bytes = Buffer.from(text);
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          await writeFile(path, cut ? text.subarray(0, at) : bytes);
          expect(await store.readRecord('kind', 'key')).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
    await store.writeRecord('kind', 'key', 1);
    expect(await store.readRecord('kind', 'key')).toBe(1);
  });

  it('does not take the record of another key', async () => {
    const root = await tempFolder();
    const store = createStore({ root });
    await store.writeRecord('kind', 'a', 'of a');
    const [name = ''] = await readdir(join(root, 'v1', 'records', 'kind'));
    await store.writeRecord('kind', 'b', 'of b');
    const other =
      (await readdir(join(root, 'v1', 'records', 'kind'))).find((each) => each !== name) ?? '';
    await rename(
      join(root, 'v1', 'records', 'kind', name),
      join(root, 'v1', 'records', 'kind', other),
    );
    expect(await store.readRecord('kind', 'b')).toBeUndefined();
  });

  it('refuses a kind that is no name', async () => {
    await expect(
      createStore({ root: await tempFolder() }).writeRecord('../x', 'key', 1),
    ).rejects.toThrow(RangeError);
  });
});
