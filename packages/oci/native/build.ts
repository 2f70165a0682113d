/**
 * Builds the shipped deflate and inflate and writes them as src/layer/deflate-wasm.ts and inflate-wasm.ts:
 *
 *   python3 -m pip install ziglang==0.15.2       (a C compiler with WebAssembly target, as a Python package)
 *   node packages/oci/native/build.ts deflate-0.9.0.tar.gz            writes the modules
 *   node packages/oci/native/build.ts deflate-0.9.0.tar.gz --check    fails when a committed module differs
 *
 * The argument is the source distribution `deflate` 0.9.0 of the Python package index, which carries libdeflate
 * 1.26; its hash is checked. The compiler's version is part of the recipe: another one may give other instructions,
 * but never another deflate stream, which the C sources alone decide. Other sources change every layer's digest.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileWasm, inTemporary, writeModules, type WasmModule } from '@mlcontainer/config-wasm';

const SDIST_SHA256 = '962e0a6f1ea3a94b900a8ea0ce138fa92bfcbafda5b86367104a259ffcd3462b';
/** What is built: `native/<name>.c` as `src/layer/<name>-wasm.ts`. */
const MODULES = ['deflate', 'inflate'] as const;
const FLAGS = ['-DFREESTANDING', '-ffreestanding', '-Wl,-z,stack-size=131072'];

/** What the modules need of libdeflate that its interface does not offer; each text stands in its file exactly once. */
const EDITS: readonly { readonly file: string; readonly find: string; readonly put: string }[] = [
  // wasm32 has 64-bit registers; with them bits are flushed half as often.
  {
    file: 'common_defs.h',
    find: 'typedef size_t machine_word_t;',
    put: 'typedef u64 machine_word_t;',
  },
  // Levels 10 to 12 are left out.
  {
    file: 'lib/deflate_compress.c',
    find: '#define SUPPORT_NEAR_OPTIMAL_PARSING\t1',
    put: '#define SUPPORT_NEAR_OPTIMAL_PARSING\t0',
  },
  // A piece that others follow has no final block ...
  {
    file: 'lib/deflate_compress.c',
    find: '\t\t    bool is_final_block)\n{',
    put: '\t\t    bool ends_input)\n{\n\tconst bool is_final_block = ends_input && MLC_ENDS_STREAM;',
  },
  {
    file: 'lib/deflate_compress.c',
    find: '(is_final_block && block_length > 0)',
    put: '(ends_input && block_length > 0)',
  },
  {
    file: 'lib/deflate_compress.c',
    find: '*out_next++ = 1 | (DEFLATE_BLOCKTYPE_UNCOMPRESSED << 1);',
    put: '*out_next++ = MLC_ENDS_STREAM | (DEFLATE_BLOCKTYPE_UNCOMPRESSED << 1);',
  },
  { file: 'lib/deflate_compress.c', find: 'bfinal = 1;', put: 'bfinal = MLC_ENDS_STREAM;' },
  // ... but an empty stored block, so that the next piece begins at a byte.
  {
    file: 'lib/deflate_compress.c',
    find: '\tASSERT(os.bitcount <= 7);\n\tif (os.bitcount) {',
    put: [
      '\tASSERT(os.bitcount <= 7);',
      '\tif (!MLC_ENDS_STREAM) {',
      '\t\tif (os.end - os.next < 6)',
      '\t\t\treturn 0;',
      '\t\t*os.next++ = os.bitbuf;',
      '\t\tif (os.bitcount > 5)',
      '\t\t\t*os.next++ = 0;',
      '\t\tput_unaligned_le32(0xFFFF0000, os.next);',
      '\t\treturn os.next + 4 - (u8 *)out;',
      '\t}',
      '\tif (os.bitcount) {',
    ].join('\n'),
  },
];

function compile(sdist: string): WasmModule[] {
  const actual = createHash('sha256').update(readFileSync(sdist)).digest('hex');
  if (actual !== SDIST_SHA256)
    throw new Error(`${sdist} has sha256 ${actual}, not ${SDIST_SHA256}`);
  return inTemporary((folder) => {
    execFileSync('tar', ['xzf', resolve(sdist), '--strip-components=1', '-C', folder]);
    for (const edit of EDITS) apply(join(folder, 'libdeflate', edit.file), edit);
    return MODULES.map((name) => compileModule(folder, name));
  });
}

function compileModule(folder: string, name: (typeof MODULES)[number]): WasmModule {
  const file = `${name}.c`;
  cpSync(join(import.meta.dirname, file), join(folder, file));
  return {
    target: join(import.meta.dirname, `../src/layer/${name}-wasm.ts`),
    constant: `${name.toUpperCase()}_WASM`,
    source: `native/${file}`,
    wasm: compileWasm(folder, [...FLAGS, file]),
    notice: {
      holds: 'libdeflate 1.26, https://github.com/ebiggers/libdeflate',
      licence: readFileSync(join(folder, 'libdeflate/COPYING'), 'utf8'),
    },
  };
}

function apply(file: string, { find, put }: (typeof EDITS)[number]): void {
  const parts = readFileSync(file, 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(`${file}: ${JSON.stringify(find)} stands ${parts.length - 1} times in it`);
  writeFileSync(file, parts.join(put));
}

const [sdist, flag] = process.argv.slice(2);
if (sdist === undefined)
  throw new Error('usage: node native/build.ts deflate-0.9.0.tar.gz [--check]');
writeModules(compile(sdist), flag);
