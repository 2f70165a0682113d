import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/support/fault.ts';
import { python } from '../../test/support/python.ts';
import { buildWheel, tempFolder } from '../../test/support/wheel.ts';
import { openWheel } from '../wheel/open.ts';
import {
  openCompiler,
  type CompiledFile,
  type CompileOptions,
  type SkippedFile,
} from './compile.ts';
import type { Interpreter } from './process.ts';
import { wheelSources } from './sources.ts';

const signal = new AbortController().signal;
const interpreter: Interpreter = {
  argv: [python<string>('import json, sys; print(json.dumps(sys.executable))')],
  env: {},
};
const tag = python<string>('import json, sys; print(json.dumps(sys.implementation.cache_tag))');

async function compile(
  sources: Readonly<Record<string, string | Uint8Array>>,
  more: { with?: Interpreter } & CompileOptions = {},
) {
  using folder = tempFolder();
  const ports = nodePorts({ env: process.env, cacheDir: folder.path });
  const skipped: SkippedFile[] = [];
  const files = Object.entries(sources).map(([path, text]) => ({
    path,
    read: () => Buffer.from(text),
  }));
  const cx = { signal, onSkipped: (file: SkippedFile) => void skipped.push(file) };
  await using compiler = openCompiler(more.with ?? interpreter, more, ports);
  const compiled: CompiledFile[] = [];
  for await (const file of compiler.compile(files, cx)) compiled.push(file);
  return { compiled, skipped };
}

describe('a compiler', () => {
  it('gives unchecked-hash pycs, beside their sources, with the path in the image', async () => {
    const { compiled, skipped } = await compile({
      'site/a/__init__.py': 'X = 1\n',
      'site/top.py': '# -*- coding: latin-1 -*-\nS = "é"\n',
    });
    expect(skipped).toEqual([]);
    expect(compiled.map(({ path }) => path)).toEqual([
      `site/a/__pycache__/__init__.${tag}.pyc`,
      `site/__pycache__/top.${tag}.pyc`,
    ]);
    expect(compiled.map(({ bytes }) => Buffer.from(bytes).readUInt32LE(4))).toEqual([1, 1]);
    const script = `
import base64, importlib.util, json, marshal, sys, _imp
out = []
for pyc, source in json.load(sys.stdin):
    data = base64.b64decode(pyc)
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[8:16] == importlib.util.source_hash(source.encode())
    out.append(marshal.loads(data[16:]).co_filename)
print(json.dumps(out))
`;
    const pairs = compiled.map(({ bytes }, at) => [
      Buffer.from(bytes).toString('base64'),
      ['X = 1\n', '# -*- coding: latin-1 -*-\nS = "é"\n'][at],
    ]);
    expect(python(script, pairs)).toEqual(['/site/a/__init__.py', '/site/top.py']);
  });

  it('leaves out and reports what does not compile', async () => {
    const { compiled, skipped } = await compile({
      'a.py': 'print "old"\n',
      'b.py': 'x = 1\n',
      'c.py': Buffer.from([0xff, 0xfe, 0x41]),
      'd.py': 'x = "\0"\n',
      'e.py': `x = ${'('.repeat(300)}1${')'.repeat(300)}\n`,
    });
    expect(compiled.map(({ source }) => source)).toEqual(['b.py']);
    expect(skipped.map(({ source }) => source)).toEqual(['a.py', 'c.py', 'd.py', 'e.py']);
  });

  it.each([
    [true, [7, 9]],
    [false, [null, null]],
  ])('tells lines, and columns only with debugRanges %s', async (debugRanges, columns) => {
    const { compiled } = await compile({ 'a.py': '\nx = 1; yz = x\n' }, { debugRanges });
    const script = `
import base64, json, marshal, sys
code = marshal.loads(base64.b64decode(json.load(sys.stdin))[16:])
stores = [at for at in code.co_positions() if at[0] == 2]
print(json.dumps(stores))
`;
    const [pyc] = compiled.map(({ bytes }) => Buffer.from(bytes).toString('base64'));
    const positions = python<number[][]>(script, pyc);
    expect(positions.map(([line]) => line)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(positions.at(-1)).toEqual([2, 2, ...columns]);
  });

  it('gives the same bytes in another order and company', async () => {
    const sources = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `m${at}.py`,
        `def f${at}(x):\n    return x in {"a", "k${at % 7}", None, "-"}\n${`# ${'x'.repeat(1000)}\n`.repeat(300)}`,
      ]),
    );
    const byPath = (files: readonly CompiledFile[]) =>
      new Map(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('hex')]));
    const one = await compile(sources);
    const reversed = Object.fromEntries(Object.entries(sources).reverse());
    expect(byPath((await compile(reversed)).compiled)).toEqual(byPath(one.compiled));
    const alone = await compile({ 'm3.py': sources['m3.py'] ?? '' });
    expect(byPath(one.compiled).get(`__pycache__/m3.${tag}.pyc`)).toBe(
      byPath(alone.compiled).get(`__pycache__/m3.${tag}.pyc`),
    );
    expect(one.compiled.map(({ source }) => source)).toEqual(Object.keys(sources));
  });

  it('uses one process for many calls, and a new one after a call that was left', async () => {
    using folder = tempFolder();
    const ports = nodePorts({ env: process.env, cacheDir: folder.path });
    let starts = 0;
    const exec = {
      ...ports.exec,
      stream: (request: Parameters<typeof ports.exec.stream>[0]) => {
        starts += 1;
        return ports.exec.stream(request);
      },
    };
    await using compiler = openCompiler(interpreter, {}, { exec });
    const files = ['a', 'b', 'c'].map((name) => ({
      path: `${name}.py`,
      read: () => Buffer.from(`${name} = 1`),
    }));
    const all = async () => {
      const found: string[] = [];
      for await (const { source } of compiler.compile(files, { signal })) found.push(source);
      return found;
    };
    expect(await all()).toEqual(['a.py', 'b.py', 'c.py']);
    expect(await all()).toEqual(['a.py', 'b.py', 'c.py']);
    expect(starts).toBe(1);
    for await (const { source } of compiler.compile(files, { signal })) {
      expect(source).toBe('a.py');
      break;
    }
    expect(await all()).toEqual(['a.py', 'b.py', 'c.py']);
    expect(starts).toBe(2);
  });

  it('stops when it is told to, and when a source cannot be read', async () => {
    using folder = tempFolder();
    const ports = nodePorts({ env: process.env, cacheDir: folder.path });
    await using compiler = openCompiler(interpreter, {}, ports);
    const stop = new AbortController();
    const endless = async function* () {
      for (let at = 0; ; at += 1) {
        yield { path: `m${at}.py`, read: () => Buffer.from('x = 1') };
        if (at === 50) stop.abort(new Error('enough'));
        await Promise.resolve();
      }
    };
    const drain = async (files: AsyncIterable<CompiledFile>) => {
      for await (const file of files) void file;
    };
    await expect(drain(compiler.compile(endless(), { signal: stop.signal }))).rejects.toThrow(
      'enough',
    );
    const broken = [{ path: 'a.py', read: () => Promise.reject(new Error('no such file')) }];
    await expect(drain(compiler.compile(broken, { signal }))).rejects.toThrow('no such file');
  });

  it('says when the interpreter fails', async () => {
    const ended = { argv: ['/bin/sh', '-c', 'exit 3'], env: {} };
    const chatty = { argv: ['/bin/sh', '-c', 'printf "\\0\\0\\0\\003abc"'], env: {} };
    expect(await faultOf(() => compile({ 'a.py': '' }, { with: ended }))).toBe('MLC5040');
    expect(await faultOf(() => compile({ 'a.py': '' }, { with: chatty }))).toBe('MLC5041');
    expect(
      await faultOf(() =>
        compile({ 'a.py': '' }, { with: { argv: ['/nonexistent/python'], env: {} } }),
      ),
    ).toMatch(/^MLC(5040|7020)$/);
  });
});

describe('compileBytecode', () => {
  const paths = { site: 'site', bin: 'bin', include: 'include' };

  it('compiles a wheel where it is laid, without its test folders', async () => {
    using folder = tempFolder();
    const ports = nodePorts({ env: process.env, cacheDir: join(folder.path, 'store') });
    const files = [
      { name: 'demo/__init__.py', content: 'A = 1\n' },
      { name: 'demo/tests/t.py', content: 'B = 1\n' },
      { name: 'demo-1.0.data/purelib/extra.py', content: 'C = 1\n' },
      { name: 'demo-1.0.data/scripts/run.py', content: '#!python\n' },
      { name: 'demo/data.txt', content: 'D' },
    ];
    const path = folder.file('demo.whl', buildWheel({ files }));
    await using wheel = await openWheel(path);
    await using compiler = openCompiler(interpreter, {}, ports);
    const compiled = async (trim: boolean) => {
      const found: string[] = [];
      for await (const { source } of compiler.compile(wheelSources(wheel, { trim, ...paths }), {
        signal,
      }))
        found.push(source);
      return found;
    };
    expect(await compiled(true)).toEqual(['site/demo/__init__.py', 'site/extra.py']);
    expect(await compiled(false)).toEqual([
      'site/demo/__init__.py',
      'site/demo/tests/t.py',
      'site/extra.py',
    ]);
  });

  it('is what Python imports', async () => {
    using folder = tempFolder();
    const ports = nodePorts({ env: process.env, cacheDir: join(folder.path, 'store') });
    const source = 'import sys\ndef answer(x):\n    return x in {"a", "b", None}\n';
    await using compiler = openCompiler(interpreter, {}, ports);
    const files = [{ path: 'lib/mod.py', read: () => Buffer.from(source) }];
    for await (const file of compiler.compile(files, { signal })) {
      mkdirSync(dirname(join(folder.path, file.path)), { recursive: true });
      writeFileSync(join(folder.path, file.path), file.bytes);
    }
    // Another source: an unchecked pyc is taken all the same.
    writeFileSync(join(folder.path, 'lib', 'mod.py'), 'raise SystemExit("compiled from source")\n');
    const env = { PYTHONPATH: join(folder.path, 'lib'), PATH: process.env['PATH'] };
    const out = execFileSync(
      'python3',
      ['-c', 'import mod; print(mod.answer("a"), mod.answer("c"))'],
      { env },
    );
    expect(out.toString()).toBe('True False\n');
  });
});
