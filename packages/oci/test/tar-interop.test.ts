import { mkdirSync, symlinkSync, linkSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../src/entry.ts';
import { withParents } from '../src/layer/parents.ts';
import type { LayerCompression } from '../src/layer/write.ts';
import { readTar } from '../src/tar/read.ts';
import { deflated, file, layerOf, noise, prose, symlink } from './support/entries.ts';
import { host, withFolder } from './support/host.ts';
import { chunks, collect } from './support/streams.ts';

interface Facts {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly target: string;
  readonly sha: string;
}

/** Lists a tar with Python's tarfile: paths, types, modes, sizes, targets and the hash of each content. */
const PYTHON_LIST = `
import tarfile, sys, json, hashlib, io
kinds = {b'0': 'file', b'1': 'hardlink', b'2': 'symlink', b'5': 'directory'}
out = []
with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), mode='r:*') as tar:
    for m in tar:
        sha = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else ''
        assert m.uid == m.gid == 0 and m.uname == m.gname == '' and m.mtime == 0, m.name
        out.append({'path': m.name, 'type': kinds[m.type], 'mode': m.mode, 'size': m.size,
                    'target': m.linkname, 'sha': sha})
json.dump(out, sys.stdout)
`;

async function listing(tar: Uint8Array): Promise<Facts[]> {
  const { createHash } = await import('node:crypto');
  const found: Facts[] = [];
  for await (const entry of readTar(chunks(tar))) {
    const { path, type, mode, size, target = '' } = entry;
    const bytes = await collect(entry.content);
    const sha = type === 'file' ? createHash('sha256').update(bytes).digest('hex') : '';
    found.push({ path, type, mode, size, target, sha });
  }
  return found;
}

/** Many entries of every kind from one seed: one run of the other tool checks them all. */
function manyEntries(seed: number): Entry[] {
  const part = fc.stringMatching(/^[a-z0-9 =ü語-]{1,80}$/);
  const path = fc
    .array(part, { minLength: 1, maxLength: 5 })
    .map((parts) => `d/${parts.join('/')}`);
  const body = fc.oneof(
    fc.nat(3000).map((size) => prose(size)),
    fc.nat(60_000).map((size) => noise(size)),
  );
  const arbitrary = fc.record({
    path,
    body,
    kind: fc.nat(4),
    mode: fc.nat(0o777).map((mode) => mode | 0o400),
  });
  const unique = new Map(
    fc.sample(arbitrary, { seed, numRuns: 250 }).map((item) => [item.path, item]),
  );
  const taken = [...unique.keys()];
  const isParent = (one: string): boolean => taken.some((other) => other.startsWith(`${one}/`));
  const entries = [...unique.values()]
    .filter((item) => !isParent(item.path))
    .map(({ path: name, body: bytes, kind, mode }): Entry => {
      if (kind === 0) return symlink(name, `../${name}`);
      if (kind === 1) return { type: 'file', path: name, mode, content: deflated(bytes) };
      if (kind === 2) return { type: 'hardlink', path: name, mode: 0o644, target: 'd/first' };
      return file(name, bytes, mode);
    });
  return withParents([file('d/first', 'first'), ...entries]);
}

test.each<LayerCompression>(['gzip-members', 'gzip', 'none'])(
  'Python reads our layers as we do: %s',
  async (compression) => {
    const { bytes, entries } = await layerOf(manyEntries(compression.length), compression);
    const python = JSON.parse(host('python3', ['-c', PYTHON_LIST], bytes).toString()) as Facts[];
    const ours = await listing(compression === 'none' ? bytes : gunzipSync(bytes));
    expect(python).toHaveLength(entries);
    expect(python).toEqual(ours);
  },
);

test('GNU tar, gunzip, zcat and zstd read our layers', async () => {
  const entries = manyEntries(99);
  const plain = await layerOf(entries, 'none');
  const members = await layerOf(entries, 'gzip-members');
  const single = await layerOf(entries, 'gzip');
  const zstd = await layerOf(entries, 'zstd');
  expect(host('gunzip', ['-c'], members.bytes).equals(plain.bytes)).toBe(true);
  expect(host('zcat', [], members.bytes).equals(plain.bytes)).toBe(true);
  expect(host('gunzip', ['-c'], single.bytes).equals(plain.bytes)).toBe(true);
  expect(host('zstd', ['-dc'], zstd.bytes).equals(plain.bytes)).toBe(true);
  await withFolder(async (folder) => {
    host('tar', ['-xzf', '-', '-C', folder], members.bytes);
    const packed = host('tar', [
      '-cf',
      '-',
      '--sort=name',
      '--hard-dereference',
      '--format=posix',
      '-C',
      folder,
      'd',
    ]);
    const back = await listing(packed);
    const ours = await listing(plain.bytes);
    const files = (list: readonly Facts[]): string[] =>
      list
        .filter(({ type }) => type === 'file')
        .map(({ path, mode, sha }) => `${path} ${mode & 0o700} ${sha}`)
        .sort();
    const links = ours.filter(({ type }) => type === 'hardlink').length;
    expect(files(back).length).toBeGreaterThan(100);
    expect(files(back)).toEqual(expect.arrayContaining(files(ours)));
    expect(back).toHaveLength(ours.length);
    expect(links).toBeGreaterThan(10);
  });
});

test.each(['gnu', 'oldgnu', 'posix', 'ustar', 'v7'])(
  'we read what GNU tar writes: %s',
  async (format) => {
    await withFolder(async (folder) => {
      const deep = `${'sub/'.repeat(format === 'v7' ? 3 : 30)}dir`;
      mkdirSync(join(folder, 'src', deep), { recursive: true });
      const long = 'n'.repeat(
        format === 'gnu' || format === 'oldgnu' || format === 'posix' ? 200 : 80,
      );
      writeFileSync(join(folder, 'src', long), 'long');
      writeFileSync(join(folder, 'src', deep, 'ü file'), prose(5000));
      writeFileSync(join(folder, 'src', 'run'), '');
      chmodSync(join(folder, 'src', 'run'), 0o4755);
      linkSync(join(folder, 'src', 'run'), join(folder, 'src', 'same'));
      symlinkSync(`../${long}`, join(folder, 'src', 'soft'));
      const tar = host('tar', [
        '-cf',
        '-',
        `--format=${format}`,
        '--sort=name',
        '-C',
        join(folder, 'src'),
        '.',
      ]);
      const found = new Map((await listing(tar)).map((entry) => [entry.path, entry]));
      expect(found.get('')).toMatchObject({ type: 'directory' });
      expect(found.get(long)).toMatchObject({ type: 'file', size: 4 });
      expect(found.get(`${deep}/ü file`)).toMatchObject({ type: 'file', size: 5000 });
      expect(found.get('run')).toMatchObject({ type: 'file', mode: 0o4755 });
      expect(found.get('same')).toMatchObject({ type: 'hardlink', target: 'run' });
      expect(found.get('soft')).toMatchObject({ type: 'symlink', target: `../${long}` });
    });
  },
);

test('GNU tar’s sparse files are refused, in both of its formats', async () => {
  await withFolder(async (folder) => {
    host('truncate', ['-s', '10M', join(folder, 'hole')]);
    for (const format of ['gnu', 'posix']) {
      const tar = host('tar', ['-cSf', '-', `--format=${format}`, '-C', folder, 'hole']);
      await expect(listing(tar)).rejects.toMatchObject({ code: 'MLC6004' });
    }
  });
});

/** Writes entries with Python's tarfile in a format; names long enough for each of its extensions. */
const PYTHON_WRITE = `
import tarfile, sys, io
fmt = {'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT, 'ustar': tarfile.USTAR_FORMAT}[sys.argv[1]]
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=fmt) as tar:
    def add(name, type=tarfile.REGTYPE, body=b'', link='', mtime=0, uid=0):
        info = tarfile.TarInfo(name)
        info.type, info.size, info.linkname, info.mtime, info.uid = type, len(body), link, mtime, uid
        tar.addfile(info, io.BytesIO(body))
    add('./dir', tarfile.DIRTYPE)
    add('dir/' + 'x' * 90 + '/' + 'y' * 90, body=b'abc' * 1000)
    if fmt != tarfile.USTAR_FORMAT:
        add('dir/' + 'z' * 300, body=b'q', mtime=-5, uid=3000000000)
        add('dir/link', tarfile.SYMTYPE, link='t' * 300)
        add('dir/\\u00fc\\u8a9e', mtime=1.5)
    add('dir/fifo', tarfile.FIFOTYPE)
    add('dir/null', tarfile.CHRTYPE)
`;

test.each(['gnu', 'pax', 'ustar'])('we read what Python writes: %s', async (format) => {
  const tar = host('python3', ['-c', PYTHON_WRITE, format]);
  const found = new Map<string, object>();
  for await (const { content: _content, ...facts } of readTar(chunks(tar, 700)))
    found.set(facts.path, facts);
  expect(found.get('dir')).toMatchObject({ type: 'directory' });
  expect(found.get(`dir/${'x'.repeat(90)}/${'y'.repeat(90)}`)).toMatchObject({ size: 3000 });
  expect(found.get('dir/fifo')).toMatchObject({ type: 'fifo' });
  expect(found.get('dir/null')).toMatchObject({ type: 'character-device' });
  if (format === 'ustar') return;
  expect(found.get(`dir/${'z'.repeat(300)}`)).toMatchObject({ mtime: -5, uid: 3_000_000_000 });
  expect(found.get('dir/link')).toMatchObject({ target: 't'.repeat(300) });
  expect(found.get('dir/ü語')).toMatchObject({ mtime: 1 });
});
