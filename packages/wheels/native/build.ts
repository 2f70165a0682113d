/**
 * Builds what brings marshal data into its canonical form and writes it as src/bytecode/canonical-wasm.ts:
 *
 *   python3 -m pip install ziglang==0.15.2       (a C compiler with WebAssembly target, as a Python package)
 *   node packages/wheels/native/build.ts            writes the module
 *   node packages/wheels/native/build.ts --check    fails when the committed module differs
 */
import { join } from 'node:path';
import { compileWasm, writeModules } from '@mlcontainer/config-wasm';

const FLAGS = [
  '-ffreestanding',
  '-Wall',
  '-Wextra',
  '-Werror',
  // Nothing in it calls itself.
  '-Wl,-z,stack-size=65536',
];

const module = {
  target: join(import.meta.dirname, '../src/bytecode/canonical-wasm.ts'),
  constant: 'CANONICAL_WASM',
  source: 'native/canonical.c',
  wasm: compileWasm(import.meta.dirname, [...FLAGS, 'canonical.c']),
};
writeModules([module], process.argv[2]);
