import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf, MEDIA_TYPES } from '@mlcontainer/oci';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf, signal, withFolder } from '../../test/support/graph.ts';
import { tarOf, type RawEntry } from '../../test/support/tar.ts';
import { unpackFolder } from './unpack.ts';

/** Unpacks a tar and gives the code that it ends with, and what is there then. */
function unpack(entries: readonly RawEntry[], title = 'data', annotation?: string) {
  return withFolder(async (folder) => {
    const tar = tarOf(entries);
    const file = join(folder, 'packed');
    const out = join(folder, 'out');
    await writeFile(file, gzipSync(tar));
    const descriptor = {
      mediaType: MEDIA_TYPES.layerGzip,
      digest: digestOf(tar),
      size: 1,
      annotations: annotation === undefined ? {} : { 'io.deis.oras.content.digest': annotation },
    };
    const limits = { maxBytes: 10_000, signal };
    const code = await codeOf(unpackFolder({ file, descriptor, title, folder: out, ...limits }));
    expect((await readdir(folder)).sort()).toEqual(['out', 'packed']);
    return { code, names: (await readdir(out, { recursive: true })).sort(), read: reader(out) };
  });
}

function reader(folder: string): (name: string) => string {
  return (name) => join(folder, name);
}

const dir = (path: string): RawEntry => ({ path: `${path}/`, flag: '5' });
const file = (path: string, text = ''): RawEntry => ({ path, flag: '0', text });
const soft = (path: string, target: string): RawEntry => ({ path, flag: '2', target });
const hard = (path: string, target: string): RawEntry => ({ path, flag: '1', target });

test.each<[string, readonly RawEntry[], readonly string[]]>([
  ['the whole title before each path', [dir('data'), file('data/x')], ['x']],
  ['parents that are missing', [file('data/a/b/c')], ['a', 'a/b', 'a/b/c']],
  ['a folder twice', [dir('data/a'), dir('data/a')], ['a']],
  [
    'links inside',
    [file('data/x'), soft('data/y', 'x'), hard('data/z', 'data/x')],
    ['x', 'y', 'z'],
  ],
  ['a link up and back', [dir('data/a'), soft('data/a/l', '../b')], ['a', 'a/l']],
])('takes %s', async (_what, entries, expected) => {
  const { code, names } = await unpack(entries);
  expect(code).toBe('done');
  expect(names).toEqual(expected);
});

test('takes the last part of the title before each path, as the Python client writes it', async () => {
  const { code, names } = await unpack([dir('data'), file('data/x')], 'deep/data');
  expect(code).toBe('done');
  expect(names).toEqual(['x']);
});

test.each<[string, readonly RawEntry[], string]>([
  ['a path that climbs', [file('data/../../x')], 'MLC6003'],
  ['an absolute path', [file('/data/x')], 'MLC6003'],
  ['a path beside the title', [dir('data'), file('other/x')], 'MLC6531'],
  ['a name that begins like the title', [dir('data'), file('database')], 'MLC6531'],
  ['a file twice', [file('data/x'), file('data/x')], 'MLC6531'],
  ['a file over a folder', [dir('data/x'), file('data/x')], 'MLC6531'],
  ['a folder over a file', [file('data/x'), dir('data/x')], 'MLC6531'],
  ['a file under a file', [file('data/x'), file('data/x/y')], 'MLC6531'],
  ['the folder itself as a file', [file('data')], 'MLC6531'],
  ['the folder itself as a link', [soft('data', '/tmp')], 'MLC6531'],
  ['an absolute link', [soft('data/x', '/etc')], 'MLC6531'],
  ['a link that climbs out', [soft('data/x', '../..')], 'MLC6531'],
  ['a link that climbs behind another', [soft('data/x', 'a/../..')], 'MLC6531'],
  ['writing through a link', [dir('data/a'), soft('data/x', 'a'), file('data/x/y')], 'MLC6531'],
  ['a folder made through a link', [soft('data/x', 'a'), dir('data/x/y')], 'MLC6531'],
  ['a file over a link', [soft('data/x', 'a'), file('data/x')], 'MLC6531'],
  ['a hard link to what comes later', [hard('data/x', 'data/y'), file('data/y')], 'MLC6531'],
  ['a hard link to outside', [hard('data/x', 'packed')], 'MLC6531'],
  ['a hard link to a link', [soft('data/l', 'a'), hard('data/x', 'data/l')], 'MLC6531'],
  ['a device', [{ path: 'data/x', flag: '3' }], 'MLC6531'],
  ['a fifo', [{ path: 'data/x', flag: '6' }], 'MLC6531'],
  ['more than allowed', [file('data/x', 'x'.repeat(20_000))], 'MLC6006'],
])('refuses %s', async (_what, entries, expected) => {
  expect((await unpack(entries)).code).toBe(expected);
});

test('the tar has to be the one that the annotation names', async () => {
  const entries = [dir('data'), file('data/x', 'hello')];
  expect((await unpack(entries, 'data', digestOf(tarOf(entries)))).code).toBe('done');
  expect((await unpack(entries, 'data', digestOf(Buffer.from('')))).code).toBe('MLC6513');
});

test('damaged gzip has a code', () =>
  withFolder(async (folder) => {
    const packed = join(folder, 'packed');
    await writeFile(packed, 'no gzip at all');
    const descriptor = { mediaType: 'a/b', digest: digestOf(Buffer.from('')), size: 1 };
    const at = { file: packed, descriptor, title: 'data', folder: join(folder, 'out') };
    expect(await codeOf(unpackFolder({ ...at, maxBytes: 1, signal }))).toBe('MLC6531');
  }));

test('executable bits stay, others that give rights do not', () =>
  withFolder(async (folder) => {
    const packed = join(folder, 'packed');
    const out = join(folder, 'out');
    await writeFile(packed, gzipSync(tarOf([{ ...file('data/x', 'hi'), mode: 0o4751 }])));
    const descriptor = { mediaType: 'a/b', digest: digestOf(Buffer.from('')), size: 1 };
    const at = { file: packed, descriptor, title: 'data', folder: out };
    await unpackFolder({ ...at, maxBytes: 100, signal });
    expect((await stat(join(out, 'x'))).mode & 0o7777).toBe(0o751);
    expect(await readFile(join(out, 'x'), 'utf8')).toBe('hi');
  }));

test('whatever the entries are, nothing is written outside', async () => {
  const path = fc
    .array(fc.constantFrom('data', 'a', 'b', '..', '.'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  const entry = fc.oneof(
    path.map((at) => file(at, 'x')),
    path.map(dir),
    fc.tuple(path, path).map(([at, target]) => soft(at, target)),
    fc.tuple(path, path).map(([at, target]) => hard(at, target)),
  );
  const property = fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
    // `unpack` itself looks at what is beside the folder.
    await unpack(entries);
    expect(existsSync('/a')).toBe(false);
  });
  await fc.assert(property, { numRuns: 150 });
});
