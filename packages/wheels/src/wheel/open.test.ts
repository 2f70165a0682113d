import fc from 'fast-check';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/support/fault.ts';
import { buildWheel, hashOf, tempFolder, type WheelShape } from '../../test/support/wheel.ts';
import { openWheel, type Wheel } from './open.ts';
import { verifyWheel } from './verify.ts';

const signal = new AbortController().signal;

async function withWheel<T>(
  bytes: Uint8Array,
  use: (wheel: Wheel) => T | Promise<T>,
  expected?: { name: string; version: string },
): Promise<T> {
  using folder = tempFolder();
  const path = folder.file('demo-1.0-py3-none-any.whl', bytes);
  await using wheel = await openWheel(
    path,
    expected && { ...expected, file: 'demo-1.0-py3-none-any.whl' },
  );
  await verifyWheel(wheel, signal);
  return await use(wheel);
}

const verdict = (shape: WheelShape, expected?: { name: string; version: string }) =>
  faultOf(() => withWheel(buildWheel(shape), () => undefined, expected));

describe('openWheel', () => {
  it('reads a wheel', async () => {
    const facts = await withWheel(
      buildWheel({
        name: 'De_Mo',
        files: [
          { name: 'demo/__init__.py', content: 'x' },
          { name: 'demo.pth', content: 'import os' },
          { name: 'De_Mo-1.0.data/scripts/run', content: '#!python\n' },
        ],
        requires: ['numpy>=2; python_version > "3"'],
        entryPoints: '[console_scripts]\ndemo = demo:main\n',
      }),
      ({ name, version, tags, metadata, pth, entryPoints, files, rootIsPurelib }) => ({
        name,
        version,
        tags,
        requires: metadata.requiresDist,
        pth,
        entryPoints,
        rootIsPurelib,
        places: files.map(({ scheme, path }) => `${scheme}:${path}`),
      }),
    );
    expect(facts).toEqual({
      name: 'de-mo',
      version: '1.0',
      tags: ['py3-none-any'],
      requires: ['numpy>=2; python_version > "3"'],
      pth: ['demo.pth'],
      entryPoints: [{ name: 'demo', module: 'demo', attribute: 'main', group: 'console_scripts' }],
      rootIsPurelib: true,
      places: [
        'site:demo/__init__.py',
        'site:demo.pth',
        'scripts:run',
        'site:De_Mo-1.0.dist-info/METADATA',
        'site:De_Mo-1.0.dist-info/WHEEL',
        'site:De_Mo-1.0.dist-info/entry_points.txt',
      ],
    });
  });

  const wheels: Record<string, [string, WheelShape]> = {
    'normal forms of one version': ['fine', { metadata: 'Name: Demo\nVersion: 1.0.0\n' }],
    'two dist-info folders': [
      'MLC5031 dist-info',
      { files: [{ name: 'other-1.dist-info/METADATA', content: 'x' }] },
    ],
    'a dist-info of another name': [
      'MLC5031 dist-info',
      { metadata: 'Name: other\nVersion: 1.0\n' },
    ],
    'a dist-info of another version': [
      'MLC5031 dist-info',
      { metadata: 'Name: demo\nVersion: 2.0\n' },
    ],
    'METADATA without a name': ['MLC5031 metadata', { metadata: 'Version: 1.0\n' }],
    'METADATA with two names': [
      'MLC5031 metadata',
      { metadata: 'Name: demo\nName: other\nVersion: 1.0\n' },
    ],
    'METADATA that is not UTF-8': [
      'MLC5031 metadata',
      { metadata: Buffer.from('Name: demo\nVersion: 1.0\nSummary: \xe9\n', 'latin1') },
    ],
    'WHEEL without a version': ['MLC5031 wheel-file', { wheel: 'Root-Is-Purelib: true\n' }],
    'WHEEL of a later major version': [
      'MLC5031 wheel-version',
      { wheel: 'Wheel-Version: 2.0\nRoot-Is-Purelib: true\n' },
    ],
    'WHEEL of a later minor version': [
      'fine',
      { wheel: 'Wheel-Version: 1.9\nRoot-Is-Purelib: false\n' },
    ],
    'a data folder of another name': [
      'MLC5031 data-folder',
      { files: [{ name: 'x-1.data/purelib/a.py', content: '' }] },
    ],
    'an unknown scheme': [
      'MLC5031 data-folder',
      { files: [{ name: 'demo-1.0.data/bin/a', content: '' }] },
    ],
    'a scheme out of the prototype': [
      'MLC5031 data-folder',
      { files: [{ name: 'demo-1.0.data/constructor/a', content: '' }] },
    ],
    'a script in a folder': [
      'MLC5031 data-folder',
      { files: [{ name: 'demo-1.0.data/scripts/x/a', content: '' }] },
    ],
    'two files for one place': [
      'MLC5031 conflict',
      {
        files: [
          { name: 'a.py', content: '1' },
          { name: 'demo-1.0.data/purelib/a.py', content: '2' },
        ],
      },
    ],
    'a file where another needs a folder': [
      'MLC5031 conflict',
      {
        files: [
          { name: 'a', content: '1' },
          { name: 'demo-1.0.data/platlib/a/b.py', content: '2' },
        ],
      },
    ],
    'an entry point that climbs': ['MLC5034', { entryPoints: '[console_scripts]\n../x = a:b\n' }],
    'an entry point named dots': ['MLC5034', { entryPoints: '[gui_scripts]\n.. = a:b\n' }],
    'an entry point with code': [
      'MLC5034',
      { entryPoints: '[console_scripts]\nx = a:b; import os\n' },
    ],
    'an entry point without attribute': ['MLC5034', { entryPoints: '[console_scripts]\nx = a\n' }],
    'an entry point twice': ['MLC5034', { entryPoints: '[console_scripts]\nx = a:b\nx = a:c\n' }],
    'an entry point of another group': ['fine', { entryPoints: '[pytest11]\nx = a b c\n' }],
  };
  it.each(Object.entries(wheels))('%s', async (_, [expected, shape]) => {
    expect(await verdict(shape)).toBe(expected);
  });

  it('is of the name and version that the lock says', async () => {
    expect(await verdict({}, { name: 'demo', version: '1' })).toBe('fine');
    expect(await verdict({}, { name: 'demo', version: '1.1' })).toBe('MLC5033');
    expect(await verdict({}, { name: 'other', version: '1.0' })).toBe('MLC5033');
  });
});

describe('RECORD', () => {
  const change = (from: RegExp, to: string) => (lines: string[]) =>
    lines.map((line) => line.replace(from, to));
  const records: Record<string, [string, (lines: string[]) => string[]]> = {
    'as it should be': ['fine', (lines) => lines],
    'without its own line': ['fine', (lines) => lines.slice(0, -1)],
    'without sizes': ['fine', change(/,\d+$/, ',')],
    'in quotes': ['fine', change(/^([^,]+)/, '"$1"')],
    'with CR LF': ['fine', (lines) => lines.map((line) => `${line}\r`)],
    'without a file': ['MLC5032 unlisted', (lines) => lines.slice(1)],
    'with a file that is not there': [
      'MLC5032 absent',
      (lines) => [...lines, `ghost.py,sha256=${hashOf('')},0`],
    ],
    'with a line twice': ['MLC5032 duplicate', (lines) => [...lines, lines[0] ?? '']],
    'with another hash': [
      'MLC5032 hash',
      change(/^(demo\/[^,]+,sha256=)[^,]+/, `$1${hashOf('other')}`),
    ],
    'with another size': ['MLC5032 size', change(/^(demo\/.*,)\d+$/, '$199')],
    'with a signed size': ['MLC5032 size', change(/^(demo\/.*,)(\d+)$/, '$1+$2')],
    'without a hash': ['MLC5032 no-hash', change(/^(demo\/[^,]+,)[^,]+/, '$1')],
    'with MD5': ['MLC5032 weak-hash', change(/sha256=/, 'md5=')],
    'with SHA-1': ['MLC5032 weak-hash', change(/^(demo\/[^,]+,)sha256=/, '$1sha1=')],
    'with a hash in hexadecimal': [
      'MLC5032 form',
      change(/sha256=[^,]+/, `sha256=${'ab'.repeat(32)}`),
    ],
    'with a cut hash': ['MLC5032 form', change(/(sha256=[^,]{20})[^,]*/, '$1')],
    'with a path that climbs': [
      'MLC5032 path',
      (lines) => [...lines, '../../etc/passwd,sha256=x,1'],
    ],
    'with an absolute path': ['MLC5032 path', (lines) => [...lines, '/etc/passwd,,']],
    'with two fields': ['MLC5032 form', change(/,\d+$/, '')],
    'with four fields': ['MLC5032 form', change(/$/, ',x')],
    'with a stray quote': ['MLC5032 form', change(/^demo/, 'de"mo')],
    'with an open quote': ['MLC5032 form', (lines) => [...lines, '"open']],
    'with nothing': ['MLC5032 unlisted', () => []],
  };
  it.each(Object.entries(records))('%s', async (_, [expected, record]) => {
    expect(await verdict({ record })).toBe(expected);
  });

  it('may be of SHA-512', async () => {
    const { createHash } = await import('node:crypto');
    const digest = createHash('sha512').update('VALUE = 1\n').digest('base64url');
    const record = change(/^(demo\/__init__.py,)sha256=[^,]+/, `$1sha512=${digest}`);
    expect(await verdict({ record })).toBe('fine');
  });

  it('is there', async () => {
    const wheel = buildWheel();
    const renamed = Buffer.from(
      wheel.toString('latin1').replaceAll('/RECORD', '/RECORE').replaceAll('RECORD,,', 'RECORE,,'),
      'latin1',
    );
    expect(await faultOf(() => withWheel(renamed, () => undefined))).toMatch(/^MLC503[02]/);
  });
});

it('ends with an error of the catalogue or the very same content, whatever byte is changed', async () => {
  const whole = buildWheel({
    files: [
      { name: 'demo/__init__.py', content: 'VALUE = 1\n'.repeat(20) },
      { name: 'demo-1.0.data/scripts/run', content: '#!python\nprint(1)\n', stored: true },
    ],
    entryPoints: '[console_scripts]\ndemo = demo:main\n',
  });
  const contentOf = (wheel: Wheel) =>
    wheel.files.map((file) => [
      file.scheme,
      file.path,
      Buffer.from(wheel.zip.read(file.member)).toString('latin1'),
    ]);
  const original = await withWheel(whole, contentOf);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const copy = Buffer.from(whole);
      copy[at] = ((copy[at] ?? 0) + by) % 256;
      try {
        expect(await withWheel(copy, contentOf)).toEqual(original);
      } catch (error) {
        if (!isMlcError(error)) throw error;
        expect(error.code).toMatch(/^MLC503[0-4]$/);
      }
    }),
    { numRuns: 1500 },
  );
});
