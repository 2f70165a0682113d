import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { host, tempFolder } from '../../test/support/host.ts';
import { captureLibrary } from './capture.ts';
import { cachedLibraries, ldCacheBytes, ldCacheEntries, type LibrarySet } from './ld-cache.ts';
import { compareLibraryNames } from './libcmp.ts';
import { isLibraryName, type LibraryRecord } from './library-record.ts';
import { createStringTable } from './string-table.ts';

const folder = tempFolder();
const ARCHITECTURES = {
  x64: ['amd64', 'x86_64-linux-gnu'],
  arm64: ['arm64', 'aarch64-linux-gnu'],
} as const;
const [architecture, triplet] = ARCHITECTURES[process.arch as keyof typeof ARCHITECTURES];
const HOST_FOLDER = `/usr/lib/${triplet}`;

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}

async function capture(bytes: Uint8Array, size: number) {
  const wrapped = captureLibrary(pieces(bytes, size), bytes.length);
  let passed = 0;
  for await (const chunk of wrapped.stream) passed += chunk.length;
  expect(passed).toBe(bytes.length);
  return wrapped.result();
}

/** The records of one of the host's own library folders. */
async function hostRecords(): Promise<LibraryRecord[]> {
  const records: LibraryRecord[] = [];
  for (const name of readdirSync(HOST_FOLDER)) {
    const path = join(HOST_FOLDER, name);
    const stats = lstatSync(path);
    if (stats.isSymbolicLink())
      records.push({ kind: 'link', path: path.slice(1), target: readlinkSync(path) });
    if (!stats.isFile() || !isLibraryName(path)) continue;
    const found = await capture(readFileSync(path), 1 << 16);
    if (found !== undefined) records.push({ kind: 'library', path: path.slice(1), ...found });
  }
  return records;
}

/** `ldconfig -p`: name, flags, path. */
function printed(cache: string): { name: string; flags: string; path: string }[] {
  const output = host('ldconfig', ['-p', '-C', cache]).toString();
  return [...output.matchAll(/^\t(\S+) \(([^)]*)\) => (\S+)$/gm)].map(
    ([, name = '', flags = '', path = '']) => ({
      name,
      flags,
      path,
    }),
  );
}

function write(name: string, set: LibrarySet): string {
  const path = join(folder, name);
  writeFileSync(path, ldCacheBytes(set));
  return path;
}

describe('ldCacheBytes', () => {
  it('lists what ldconfig finds in the folders of this machine, in its order', async () => {
    const records = await hostRecords();
    const ours = printed(write('ours', { architecture, libraries: records }));
    const real = join(folder, 'real');
    // Without links (-X) and without the helper cache (-i); the folders are the machine's configured ones.
    host('ldconfig', ['-X', '-i', '-C', real]);
    const inFolder = (one: { path: string }) =>
      new RegExp(`^(?:/usr)?/lib/${triplet}/[^/]+$`).test(one.path);
    const expected = printed(real).filter(inFolder);
    // What leads out of the folder is not among the records here.
    const elsewhere = expected.filter(
      ({ path }) => !realpathSync(path).startsWith(`${realpathSync(HOST_FOLDER)}/`),
    );
    const known = expected.filter(
      (one) => !elsewhere.includes(one) && !one.flags.includes('hwcap'),
    );
    expect(ours.length).toBeGreaterThan(20);
    expect(ours.map((one) => one.name)).toEqual(known.map((one) => one.name));
    expect(new Set(ours.map((one) => one.flags))).toEqual(
      new Set(known.map((one) => one.flags.split(',').slice(0, 2).join(','))),
    );
  });

  it('has the bytes that ldconfig 2.36 gave for two libraries, up to its signature', () => {
    const libraries: LibraryRecord[] = [
      {
        kind: 'library',
        path: 'usr/lib/x86_64-linux-gnu/libz.so.1.2.13',
        machine: 'x86-64',
        soname: 'libz.so.1',
      },
      { kind: 'link', path: 'usr/lib/x86_64-linux-gnu/libz.so.1', target: 'libz.so.1.2.13' },
      {
        kind: 'library',
        path: 'usr/lib/x86_64-linux-gnu/libm.so.6',
        machine: 'x86-64',
        soname: 'libm.so.6',
      },
    ];
    const bytes = Buffer.from(ldCacheBytes({ architecture: 'amd64', libraries }));
    const strings = '/lib/x86_64-linux-gnu/libm.so.6\0/lib/x86_64-linux-gnu/libz.so.1\0';
    expect(bytes.subarray(96).toString()).toBe(strings);
    expect(bytes.subarray(0, 20).toString()).toBe('glibc-ld.so.cache1.1');
    const numbers = [2, strings.length, 2, 0, 0, 0, 0];
    expect(numbers.map((_, index) => bytes.readUInt32LE(20 + index * 4))).toEqual(numbers);
    const entry = (at: number) => [
      bytes.readUInt32LE(at),
      bytes.readUInt32LE(at + 4),
      bytes.readUInt32LE(at + 8),
    ];
    expect(entry(48)).toEqual([0x303, 96 + 32 + 22, 96 + 32]);
    expect(entry(72)).toEqual([0x303, 96 + 22, 96]);
  });
});

describe('cachedLibraries', () => {
  const library = (
    path: string,
    soname?: string,
    machine: 'x86-64' | 'aarch64' = 'x86-64',
  ): LibraryRecord => ({
    kind: 'library',
    path,
    machine,
    ...(soname !== undefined && { soname }),
  });
  const names = (libraries: LibraryRecord[], of: 'amd64' | 'arm64' = 'amd64') =>
    cachedLibraries({ architecture: of, libraries }).map((one) => `${one.name} ${one.path}`);

  it('finds libraries through alternatives', () => {
    const base = 'usr/lib/x86_64-linux-gnu';
    const found = names([
      library(`${base}/blas/libblas.so.3.11`, 'libblas.so.3'),
      { kind: 'link', path: `${base}/blas/libblas.so.3`, target: 'libblas.so.3.11' },
      { kind: 'link', path: `${base}/libblas.so.3`, target: '/etc/alternatives/libblas' },
      { kind: 'link', path: 'etc/alternatives/libblas', target: `/${base}/blas/libblas.so.3` },
    ]);
    expect(found).toEqual(['libblas.so.3 /lib/x86_64-linux-gnu/libblas.so.3']);
  });

  it('names libraries without SONAME by their file, and linker names beside them', () => {
    const base = 'usr/lib/x86_64-linux-gnu';
    const found = names([
      library(`${base}/libaa.so`),
      library(`${base}/libbb.so.1.0`, 'libbb.so.1'),
      { kind: 'link', path: `${base}/libbb.so.1`, target: 'libbb.so.1.0' },
      { kind: 'link', path: `${base}/libbb.so`, target: '../x86_64-linux-gnu/libbb.so.1' },
    ]);
    expect(found.map((one) => one.split(' ')[0])).toEqual(['libbb.so.1', 'libbb.so', 'libaa.so']);
  });

  it('leaves out other machines, other folders, loops and names that are not there', () => {
    const base = 'usr/lib/x86_64-linux-gnu';
    const found = names([
      library(`${base}/libarm.so.1`, 'libarm.so.1', 'aarch64'),
      library('opt/libopt.so.1', 'libopt.so.1'),
      library(`${base}/deep/libdeep.so.1`, 'libdeep.so.1'),
      library(`${base}/libgone.so.1.0`, 'libgone.so.1'),
      { kind: 'link', path: `${base}/libloop.so.1`, target: 'libloop.so.1' },
      { kind: 'link', path: `${base}/libnone.so.1`, target: 'libnothing.so.1' },
    ]);
    expect(found).toEqual([]);
  });

  it('knows arm64, and prefers /usr/local', () => {
    const found = names(
      [
        library('usr/lib/aarch64-linux-gnu/libaa.so.1', 'libaa.so.1', 'aarch64'),
        library('usr/local/lib/libaa.so.1', 'libaa.so.1', 'aarch64'),
      ],
      'arm64',
    );
    expect(found).toEqual([
      'libaa.so.1 /usr/local/lib/libaa.so.1',
      'libaa.so.1 /lib/aarch64-linux-gnu/libaa.so.1',
    ]);
  });

  it('is empty without libraries', () => {
    expect(ldCacheBytes({ architecture: 'amd64', libraries: [] })).toHaveLength(48);
    expect(ldCacheEntries({ architecture: 'amd64', libraries: [] }).map((one) => one.path)).toEqual(
      ['etc', 'etc/ld.so.cache'],
    );
  });
});

describe('captureLibrary', () => {
  it('reads the same from pieces of any size', async () => {
    const [name = ''] = readdirSync(HOST_FOLDER).filter((one) => /^libz\.so\.1\.[\d.]+$/.test(one));
    const bytes = readFileSync(join(HOST_FOLDER, name));
    for (const size of [5000, 65536, bytes.length]) {
      expect(await capture(bytes, size)).toMatchObject({ soname: 'libz.so.1' });
    }
  });

  it('finds nothing in what is no library', async () => {
    for (const text of ['', '\x7fELF', 'INPUT ( -lc )', '\x7fELF'.padEnd(4000, 'x')]) {
      expect(await capture(Buffer.from(text, 'latin1'), 100)).toBeUndefined();
    }
  });

  it('never crashes on a damaged library', async () => {
    const [name = ''] = readdirSync(HOST_FOLDER).filter((one) => /^libz\.so\.1\.[\d.]+$/.test(one));
    const good = readFileSync(join(HOST_FOLDER, name));
    await fc.assert(
      fc.asyncProperty(fc.nat(700), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        const found = await capture(bytes, 1 << 16);
        expect(found === undefined || typeof found.machine === 'string').toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('compareLibraryNames', () => {
  it('orders numbers by value, and digits after letters', () => {
    const names = [
      'libc.so.6',
      'libz.so.1',
      'libpython3.9.so',
      'libpython3.11.so',
      'lib10',
      'libx',
    ];
    const sorted = names.toSorted(compareLibraryNames);
    expect(sorted).toEqual([
      'libc.so.6',
      'libpython3.9.so',
      'libpython3.11.so',
      'libx',
      'libz.so.1',
      'lib10',
    ]);
  });

  it('is an order', () => {
    const name = fc.string({ unit: fc.constantFrom(...'a1.09'), maxLength: 6 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Math.sign(compareLibraryNames(a, b))).toBe(
          -Math.sign(compareLibraryNames(b, a)) + 0,
        );
      }),
    );
  });
});

describe('createStringTable', () => {
  it('holds every string once, closed by a NUL', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'ab/é'), minLength: 1 })),
        (texts) => {
          const table = createStringTable(texts);
          for (const text of texts) {
            const at = table.offset(text);
            expect(table.bytes.subarray(at, table.bytes.indexOf(0, at)).toString()).toBe(text);
          }
        },
      ),
    );
  });
});
