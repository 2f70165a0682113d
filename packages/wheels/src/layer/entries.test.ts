import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeLayer } from '@mlcontainer/oci';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/support/fault.ts';
import { layInMemory, layOnDisk, type Laid } from '../../test/support/lay.ts';
import { buildWheel, hashOf, tempFolder, type WheelShape } from '../../test/support/wheel.ts';
import { openWheel } from '../wheel/open.ts';
import { type LayerOptions, wheelLayerEntries } from './entries.ts';

const paths = {
  site: 'usr/lib/python3/site-packages',
  bin: 'usr/bin',
  include: 'usr/include/python3',
};
const options: LayerOptions = { ...paths, executable: '/usr/bin/python3', trim: true };
const signal = new AbortController().signal;

async function lay(
  shape: WheelShape,
  more: Partial<LayerOptions> = {},
): Promise<Map<string, Laid>> {
  using folder = tempFolder();
  await using wheel = await openWheel(folder.file('demo.whl', buildWheel(shape)));
  return await layInMemory(wheelLayerEntries(wheel, { ...options, ...more }));
}

const rich: WheelShape = {
  files: [
    { name: 'demo/__init__.py', content: 'def main():\n    print("hello from demo")\n' },
    { name: 'demo/empty.py', content: '' },
    { name: 'demo/tool.sh', content: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'demo/tests/test_it.py', content: 'assert True\n' },
    { name: 'demo/tests/data/big.bin', content: Buffer.alloc(70_000, 'x') },
    { name: 'demo-1.0.data/purelib/extra.py', content: 'E = 1\n' },
    { name: 'demo-1.0.data/platlib/plat.py', content: 'P = 1\n' },
    {
      name: 'demo-1.0.data/scripts/run-demo',
      content: '#!python -E\nprint("ran")\n',
      mode: 0o100755,
    },
    {
      name: 'demo-1.0.data/scripts/gui-demo',
      content: '#!pythonw\r\nprint("gui")\r\n',
      mode: 0o100755,
    },
    { name: 'demo-1.0.data/scripts/plain', content: '#!/bin/sh\necho plain\n', mode: 0o100755 },
    { name: 'demo-1.0.data/headers/demo.h', content: '#define DEMO\n' },
    { name: 'demo-1.0.data/data/share/demo/x.txt', content: 'data\n' },
  ],
  entryPoints: '[console_scripts]\ndemo = demo:main\n[gui_scripts]\ndemo-gui = demo:main [extra]\n',
};

describe('wheelLayerEntries', () => {
  it('lays every scheme at its place, parents first, with fixed modes', async () => {
    const laid = await lay(rich);
    const site = paths.site;
    expect([...laid].map(([path, { mode }]) => `${mode.toString(8)} ${path}`)).toEqual([
      '755 usr/',
      '755 usr/lib/',
      '755 usr/lib/python3/',
      `755 ${site}/`,
      `755 ${site}/demo/`,
      `644 ${site}/demo/__init__.py`,
      `644 ${site}/demo/empty.py`,
      `755 ${site}/demo/tool.sh`,
      `644 ${site}/extra.py`,
      `644 ${site}/plat.py`,
      '755 usr/bin/',
      '755 usr/bin/run-demo',
      '755 usr/bin/gui-demo',
      '755 usr/bin/plain',
      '755 usr/include/',
      '755 usr/include/python3/',
      '755 usr/include/python3/demo/',
      '644 usr/include/python3/demo/demo.h',
      '755 usr/share/',
      '755 usr/share/demo/',
      '644 usr/share/demo/x.txt',
      `755 ${site}/demo-1.0.dist-info/`,
      `644 ${site}/demo-1.0.dist-info/METADATA`,
      `644 ${site}/demo-1.0.dist-info/WHEEL`,
      `644 ${site}/demo-1.0.dist-info/entry_points.txt`,
      '755 usr/bin/demo',
      '755 usr/bin/demo-gui',
      `644 ${site}/demo-1.0.dist-info/INSTALLER`,
      `644 ${site}/demo-1.0.dist-info/RECORD`,
    ]);
    expect(laid.get('usr/bin/run-demo')?.text).toBe('#!/usr/bin/python3\nprint("ran")\n');
    expect(laid.get('usr/bin/gui-demo')?.text).toBe('#!/usr/bin/python3\nprint("gui")\r\n');
    expect(laid.get('usr/bin/plain')?.text).toBe('#!/bin/sh\necho plain\n');
  });

  it('writes the RECORD of what it laid', async () => {
    const bytecode = new Map([
      [`${paths.site}/demo/__pycache__/__init__.cpython-311.pyc`, Buffer.from('pyc')],
    ]);
    const laid = await lay(rich, { bytecode });
    const rows = (laid.get(`${paths.site}/demo-1.0.dist-info/RECORD`)?.text ?? '')
      .trimEnd()
      .split('\n');
    const expected = [...laid].flatMap(([path, { text }]) => {
      if (text === undefined) return [];
      const name = relative(`/${paths.site}`, `/${path}`);
      if (path.endsWith('.pyc') || path.endsWith('RECORD')) return `${name},,`;
      return `${name},sha256=${hashOf(Buffer.from(text, 'latin1'))},${text.length}`;
    });
    expect(rows).toEqual(expected.sort());
  });

  it('keeps test folders when it is told to', async () => {
    expect((await lay(rich, { trim: false })).has(`${paths.site}/demo/tests/test_it.py`)).toBe(
      true,
    );
    expect((await lay(rich)).has(`${paths.site}/demo/tests/test_it.py`)).toBe(false);
  });

  it('lets an entry point go before a script of its name', async () => {
    const files = [{ name: 'demo-1.0.data/scripts/demo', content: '#!/bin/sh\n' }];
    const laid = await lay({ files, entryPoints: '[console_scripts]\ndemo = demo:main\n' });
    expect(laid.get('usr/bin/demo')?.text).toContain('from demo import main');
  });

  it('refuses what would be laid twice', async () => {
    const file = { name: 'demo-1.0.data/data/lib/python3/site-packages/demo.py', content: '1' };
    expect(await faultOf(() => lay({ files: [{ name: 'demo.py', content: '2' }, file] }))).toBe(
      'MLC5031 conflict',
    );
    const bytecode = new Map([[`${paths.site}/demo/__init__.py`, Buffer.from('x')]]);
    expect(await faultOf(() => lay({}, { bytecode }))).toBe('MLC5031 conflict');
  });

  it.each([
    { site: '/abs' },
    { site: 'a/../b' },
    { bin: 'usr/bin/' },
    { include: '' },
    { data: '..' },
    { executable: 'python3' },
    { executable: '/usr/bin/my python' },
    { executable: `/${'x'.repeat(130)}` },
  ])('refuses %o', async (bad) => {
    expect(await faultOf(() => lay({}, bad))).toBe('MLC5035');
  });

  it('starts the bytecode before it is needed, and ends it whatever happens', async () => {
    using folder = tempFolder();
    await using wheel = await openWheel(folder.file('demo.whl', buildWheel(rich)));
    const said: string[] = [];
    async function* source() {
      said.push('started');
      try {
        yield await Promise.resolve({
          path: `${paths.site}/__pycache__/a.pyc`,
          bytes: Buffer.from('x'),
        });
      } finally {
        said.push('ended');
      }
    }
    for await (const entry of wheelLayerEntries(wheel, { ...options, bytecode: source() })) {
      said.push(entry.path);
      break;
    }
    expect(said).toEqual(['started', 'usr', 'ended']);
    async function* failing() {
      yield await Promise.reject<never>(new RangeError('broken'));
    }
    const laid = layInMemory(wheelLayerEntries(wheel, { ...options, bytecode: failing() }));
    await expect(laid).rejects.toThrow(RangeError);
  });

  it('gives scripts that run', async () => {
    using folder = tempFolder();
    await using wheel = await openWheel(folder.file('demo.whl', buildWheel(rich)));
    const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'])
      .toString()
      .trim();
    await layOnDisk(wheelLayerEntries(wheel, { ...options, executable: python }), folder.path);
    const env = {
      PATH: process.env['PATH'],
      PYTHONPATH: join(folder.path, paths.site),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const run = (name: string) =>
      execFileSync(join(folder.path, 'usr/bin', name), { env }).toString();
    expect([run('demo'), run('run-demo'), run('plain')]).toEqual([
      'hello from demo\n',
      'ran\n',
      'plain\n',
    ]);
  });
});

describe('as a layer', () => {
  async function layer(shape: WheelShape) {
    using folder = tempFolder();
    await using wheel = await openWheel(folder.file('demo.whl', buildWheel(shape)));
    const chunks: Uint8Array[] = [];
    const write = (chunk: Uint8Array) => void chunks.push(chunk);
    const written = await writeLayer(wheelLayerEntries(wheel, { ...options, trim: false }), write, {
      compression: 'gzip-members',
      signal,
    });
    return { ...written, bytes: Buffer.concat(chunks) };
  }

  it('carries deflated members over as they are', async () => {
    const noise = Buffer.concat(
      Array.from({ length: 4000 }, (_, at) => createHash('sha256').update(String(at)).digest()),
    );
    const shape: WheelShape = {
      files: [{ name: 'demo/noise.bin', content: noise.toString('hex') }],
    };
    const written = await layer(shape);
    const wheel = buildWheel(shape);
    expect(written.size).toBeLessThan(wheel.length + 1024);
    expect(gunzipSync(written.bytes).length).toBe(written.uncompressedSize);
    expect((await layer(shape)).digest).toBe(written.digest);
  });

  it('is not written when RECORD lies about the content', async () => {
    const lie = (lines: string[]) =>
      lines.map((line) => line.replace(/^(demo\/big.py,sha256=)[^,]+/, `$1${hashOf('other')}`));
    const big = { name: 'demo/big.py', content: 'x = 1\n'.repeat(2000) };
    expect(await faultOf(() => layer({ files: [big], record: lie }))).toBe('MLC6021');
    expect(await faultOf(() => layer({ files: [{ ...big, stored: true }], record: lie }))).toBe(
      'MLC5032 hash',
    );
    expect(
      await faultOf(() =>
        layer({ files: [{ ...big, content: 'x = 1\n'.repeat(300_000) }], record: lie }),
      ),
    ).toBe('MLC6021');
  });
});

describe('against pip', () => {
  const ours = new Set(['INSTALLER', 'RECORD', 'REQUESTED', 'direct_url.json']);

  function tree(root: string, folder = root): [string, string][] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((item): [string, string][] => {
      const path = join(folder, item.name);
      if (item.isDirectory()) return tree(root, path);
      if (path.includes('.dist-info/') && ours.has(item.name)) return [];
      const mode = statSync(path).mode & 0o111 ? 'x' : '-';
      return [
        [
          relative(root, path),
          mode + readFileSync(path, 'latin1').replace(/^#![^\n]*python[^\n]*/, '#!PYTHON'),
        ],
      ];
    });
  }

  it('lays what `pip install` lays', async () => {
    using folder = tempFolder();
    const file = folder.file('demo-1.0-py3-none-any.whl', buildWheel(rich));
    const target = join(folder.path, 'pip');
    execFileSync(
      'python3',
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-deps',
        '--no-compile',
        '--no-index',
        '--root-user-action=ignore',
        '--ignore-installed',
        '--root',
        target,
        '--prefix',
        '/usr',
        file,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const pip = new Map(
      tree(target).map(([path, text]) => [
        path
          .replace(/^.*\/(site|dist)-packages\//, `${paths.site}/`)
          .replace(/^usr\/include\/.*\/demo\/demo.h/, 'usr/include/python3/demo/demo.h')
          .replace(/^usr\/local\//, 'usr/'),
        text,
      ]),
    );
    await using wheel = await openWheel(file);
    const root = join(folder.path, 'ours');
    await layOnDisk(wheelLayerEntries(wheel, { ...options, trim: false }), root);
    expect(new Map(tree(root))).toEqual(pip);
  });
});
