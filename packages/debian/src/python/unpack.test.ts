import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../test/support/host.ts';
import { digest } from '../../test/support/layers.ts';
import { makeDeb, type DebSpec } from '../../test/support/make-deb.ts';
import { writeRawDeb, type RawEntry } from '../../test/support/raw-deb.ts';
import type { FetchedDeb } from '../rootfs/layer.ts';
import { interpreterCommand } from './command.ts';
import { unpackCompiler, unpackInterpreter, type DataKeeper } from './unpack.ts';

const folder = tempFolder();
const signal = AbortSignal.timeout(20_000);
let count = 0;

function fetched(path: string, name: string): FetchedDeb {
  const deb = {
    name,
    version: '1.0',
    architecture: 'amd64',
    archive: 'debian',
    file: '',
    sha256: '',
    size: 1,
  } as const;
  return { deb: { ...deb, group: 'runtime', requiredBy: [] }, path };
}

function made(spec: DebSpec): FetchedDeb {
  return fetched(makeDeb(folder, spec), spec.name);
}

function raw(entries: readonly RawEntry[]): FetchedDeb {
  count += 1;
  return fetched(writeRawDeb(join(folder, `raw${count}.deb`), 'libc6', entries), 'libc6');
}

function target(): string {
  count += 1;
  return join(folder, `out${count}`);
}

describe('unpackInterpreter', () => {
  it('lays what an interpreter loads, and nothing else', async () => {
    const out = target();
    const debs = [
      made({
        name: 'python3.11-minimal',
        files: {
          'usr/bin/python3.11': 'elf',
          'usr/share/doc/x': 'x',
          'usr/lib/python3.11/test/support/os_helper.py': 't',
          'etc/python3.11/sitecustomize.py': '',
        },
        modes: { 'usr/bin/python3.11': 0o755 },
      }),
      made({
        name: 'libpython3.11-minimal',
        files: { 'usr/lib/python3.11/sitecustomize.py': '->/etc/python3.11/sitecustomize.py' },
      }),
      made({
        name: 'libc6',
        files: { 'lib64/ld-linux-x86-64.so.2': '->/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' },
      }),
      made({ name: 'libsqlite3-0', files: { 'usr/lib/libsqlite3.so.0': 's' } }),
    ];
    await unpackInterpreter(debs, out, { signal });
    expect(statSync(join(out, 'usr/bin/python3.11')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(out, 'usr/lib/python3.11/sitecustomize.py'), 'utf8')).toBe('');
    expect(readlinkSync(join(out, 'usr/lib64/ld-linux-x86-64.so.2'))).toBe(
      '../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    );
    expect(existsSync(join(out, 'usr/share'))).toBe(false);
    expect(existsSync(join(out, 'usr/lib/python3.11/test'))).toBe(false);
    expect(existsSync(join(out, 'usr/lib/libsqlite3.so.0'))).toBe(false);
  });

  it.each<[string, readonly RawEntry[], string]>([
    [
      'a link out of the folder',
      [{ name: './usr/lib/x', type: '2', link: '../../../../../../etc/passwd' }],
      'MLC4042',
    ],
    [
      'writing through a link',
      [
        { name: './usr/lib/x', type: '2', link: '/etc' },
        { name: './usr/lib/x/passwd', content: 'p' },
      ],
      'MLC4042',
    ],
    [
      'a hard link to nothing',
      [{ name: './usr/lib/x', type: '1', link: './usr/lib/y' }],
      'MLC4043',
    ],
    ['a device', [{ name: './usr/lib/x', type: '3' }], 'MLC4041'],
    ['a path that climbs', [{ name: './usr/lib/../../../x', content: 'x' }], 'MLC6003'],
  ])('refuses %s', async (_, entries, code) => {
    const out = target();
    await expect(unpackInterpreter([raw(entries)], out, { signal })).rejects.toThrowError(
      expect.objectContaining({ code }),
    );
  });
});

describe('unpackCompiler', () => {
  it('lays what compiling takes, and what the interpreter knows its own library by', async () => {
    const out = target();
    const debs = [
      made({
        name: 'python3.11-minimal',
        files: { 'usr/bin/python3.11': 'elf', 'etc/python3.11/sitecustomize.py': '' },
        modes: { 'usr/bin/python3.11': 0o755 },
      }),
      made({
        name: 'libpython3.11-minimal',
        files: {
          'usr/lib/python3.11/os.py': 'o',
          'usr/lib/python3.11/re.py': 'r',
          'usr/lib/python3.11/warnings.py': 'w',
          'usr/lib/python3.11/email/mime/text.py': 'e',
          'usr/lib/python3.11/encodings/utf_8.py': 'u',
        },
      }),
      made({
        name: 'libc6',
        files: {
          'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2': 'ld',
          'lib/x86_64-linux-gnu/libc.so.6': 'c',
          'lib/x86_64-linux-gnu/libm.so.6': 'm',
          'lib/x86_64-linux-gnu/libutil.so.1': 'behind',
        },
      }),
      made({ name: 'libssl3', files: { 'usr/lib/libssl.so.3': 's' } }),
    ];
    await unpackCompiler(debs, out, { signal });
    const laid = readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1));
    expect(laid.sort()).toEqual([
      'usr/bin/python3.11',
      'usr/lib/python3.11/encodings/utf_8.py',
      'usr/lib/python3.11/os.py',
      'usr/lib/python3.11/warnings.py',
      'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
      'usr/lib/x86_64-linux-gnu/libc.so.6',
      'usr/lib/x86_64-linux-gnu/libm.so.6',
    ]);
    expect(existsSync(join(out, 'usr/lib/python3.11/lib-dynload'))).toBe(true);
  });

  it('keeps what it decompressed whole, for a layer of the same bytes', async () => {
    const { deb, path } = made({
      name: 'zlib1g',
      files: { 'usr/lib/x86_64-linux-gnu/libz.so.1': 'z' },
      compression: 'xz',
    });
    const library = { path, deb };
    const libc = raw([
      { name: './usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', content: 'ld' },
      { name: './usr/lib/x86_64-linux-gnu/libc.so.6', content: 'c' },
      { name: './usr/lib/x86_64-linux-gnu/libm.so.6', content: 'm' },
      { name: './usr/lib/x86_64-linux-gnu/libutil.so.1', content: 'behind' },
    ]);
    const kept = new Map<string, string>();
    const keeper: DataKeeper = {
      pathFor: (one) => join(folder, `${one.name}.tar`),
      kept: (one, tar) => void kept.set(one.name, tar),
    };
    await unpackCompiler([library, libc], target(), { signal, keeper });
    expect([...kept.keys()]).toEqual(['zlib1g']);
    expect(existsSync(join(folder, 'libc6.tar'))).toBe(false);
    const layer = { group: 'runtime', suite: 'bookworm', architecture: 'amd64' } as const;
    const data = kept.get('zlib1g') ?? '';
    const again = await digest({ ...layer, debs: [{ ...library, data }] });
    expect(again).toBe(await digest({ ...layer, debs: [library] }));
    truncateSync(data, 100);
    await expect(digest({ ...layer, debs: [{ ...library, data }] })).rejects.toThrow();
  });
});

describe('interpreterCommand', () => {
  it('starts through the image’s own loader, with an environment of its own', () => {
    const { argv, env } = interpreterCommand('/store/py', 'trixie', 'arm64');
    expect(argv[0]).toBe('/store/py/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1');
    expect(argv.at(-1)).toBe('/store/py/usr/bin/python3.13');
    expect(env).toMatchObject({ PYTHONHOME: '/store/py/usr', PYTHONHASHSEED: '0' });
  });
});
