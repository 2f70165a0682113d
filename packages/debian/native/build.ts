/**
 * Builds the shipped .xz decoder and writes it as src/deb/xz-wasm.ts:
 *
 *   python3 -m pip install ziglang==0.15.2       (a C compiler with WebAssembly target, as a Python package)
 *   node packages/debian/native/build.ts xz-utils_5.8.4.orig.tar.xz            writes the module
 *   node packages/debian/native/build.ts xz-utils_5.8.4.orig.tar.xz --check    fails when the committed module differs
 *
 * The argument is the upstream part of Debian's source package xz-utils 5.8.4-1; its hash is checked. Of it the files
 * of liblzma named below are compiled, all under 0BSD, and nothing is run.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileWasm, inTemporary, writeModules } from '@mlcontainer/config-wasm';

const SOURCE_SHA256 = '4ce24038fd4221e0d13bc1a2de7a4db56e90b92b3bf75321f6c14be73f65de4b';
const FLAGS = [
  '-DHAVE_CONFIG_H',
  '-Wl,--gc-sections',
  '-Wl,-z,stack-size=65536',
  // xz.c keeps to its limit; this is the bound should that ever fail. 72 MiB.
  '-Wl,--max-memory=75497472',
];
const INCLUDED = ['own', 'src/common', 'src/liblzma/api'];
const LIBLZMA = 'check common delta lz lzma rangecoder simple'.split(' ');
const SOURCES = [
  ...['check', 'crc32_fast', 'sha256'].map((name) => `check/${name}`),
  ...[
    'block_decoder',
    'block_header_decoder',
    'block_util',
    'common',
    'filter_common',
    'filter_decoder',
    'filter_flags_decoder',
    'index_hash',
    'stream_decoder',
    'stream_flags_common',
    'stream_flags_decoder',
    'vli_decoder',
    'vli_size',
  ].map((name) => `common/${name}`),
  'lz/lz_decoder',
  ...['lzma2_decoder', 'lzma_decoder'].map((name) => `lzma/${name}`),
  ...['arm64', 'simple_coder', 'simple_decoder', 'x86'].map((name) => `simple/${name}`),
].map((name) => `src/liblzma/${name}.c`);

/** The WebAssembly module and the licence of what is in it. */
function compile(archive: string): { readonly wasm: Buffer; readonly licence: string } {
  const actual = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (actual !== SOURCE_SHA256)
    throw new Error(`${archive} has sha256 ${actual}, not ${SOURCE_SHA256}`);
  return inTemporary((folder) => {
    execFileSync('tar', ['xJf', resolve(archive), '--strip-components=1', '-C', folder]);
    addOwn(join(folder, 'own'));
    const folders = [...INCLUDED, ...LIBLZMA.map((name) => `src/liblzma/${name}`)];
    const include = folders.map((name) => `-I${name}`);
    const wasm = compileWasm(folder, [...FLAGS, ...include, 'own/xz.c', ...SOURCES]);
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
    return { wasm, licence: `${copyright(text('COPYING'))}\n\n${text('COPYING.0BSD')}` };
  });
}

/** Our sources; headers of the C library have nothing to say beside config.h. */
function addOwn(folder: string): void {
  mkdirSync(folder);
  for (const name of ['xz.c', 'config.h'])
    cpSync(join(import.meta.dirname, name), join(folder, name));
  for (const name of ['assert.h', 'stdlib.h', 'string.h']) writeFileSync(join(folder, name), '');
}

/** COPYING says which notice suffices. */
function copyright(copying: string): string {
  const [notice] = /^ *Copyright \(C\) The XZ Utils authors and contributors$/m.exec(copying) ?? [];
  if (notice === undefined) throw new Error('COPYING names no copyright notice');
  return notice.trim();
}

const [archive, flag] = process.argv.slice(2);
if (archive === undefined)
  throw new Error('usage: node native/build.ts xz-utils_5.8.4.orig.tar.xz [--check]');
const { wasm, licence } = compile(archive);
const module = {
  target: join(import.meta.dirname, '../src/deb/xz-wasm.ts'),
  constant: 'XZ_WASM',
  source: 'native/xz.c',
  notice: { holds: 'parts of liblzma 5.8.4 (XZ Utils), https://tukaani.org/xz/', licence },
  wasm,
};
writeModules([module], flag);
