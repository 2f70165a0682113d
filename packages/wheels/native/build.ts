/**
 * Builds what brings marshal data into its canonical form and writes it as src/bytecode/canonical-wasm.ts:
 *
 *   python3 -m pip install ziglang==0.15.2       (a C compiler with WebAssembly target, as a Python package)
 *   node packages/wheels/native/build.ts            writes the module
 *   node packages/wheels/native/build.ts --check    fails when the committed module differs
 *
 * The compiler's version is part of the recipe: another one may give other instructions, but never another output.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PYTHON = process.env['PYTHON'] ?? 'python3';
const TARGET = join(import.meta.dirname, '../src/bytecode/canonical-wasm.ts');
const FLAGS = [
  '-target',
  'wasm32-freestanding',
  '-O3',
  '-mbulk-memory',
  '-msimd128',
  '-ffreestanding',
  '-nostdlib',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry',
  '-Wl,--strip-all',
  // Nothing in it calls itself.
  '-Wl,-z,stack-size=65536',
];

function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'mlc-canonical-'));
  try {
    const target = join(folder, 'canonical.wasm');
    const args = ['-m', 'ziglang', 'cc', ...FLAGS, '-o', target, 'canonical.c'];
    execFileSync(PYTHON, args, { cwd: import.meta.dirname, stdio: 'inherit' });
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function moduleText(wasm: Buffer): string {
  return [
    '// Made by native/build.ts; do not edit.',
    '/** native/canonical.c as a WebAssembly module, base64. */',
    `export const CANONICAL_WASM =\n  '${wasm.toString('base64')}';`,
    '',
  ].join('\n');
}

const text = moduleText(compile());
if (process.argv[2] !== '--check') writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text)
  throw new Error('canonical-wasm.ts is not what the source gives');
