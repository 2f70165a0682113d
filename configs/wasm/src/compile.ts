import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What every module is compiled with: no C library, no imports, no entry. */
const FLAGS = [
  '-target',
  'wasm32-freestanding',
  '-O3',
  '-mbulk-memory',
  '-msimd128',
  '-nostdlib',
  '-Wl,--no-entry',
  '-Wl,--strip-all',
];

/**
 * Compiles C in a folder to a WebAssembly module; `args` are the flags of this one and its files. The compiler is the
 * package ziglang of the Python that the environment's PYTHON names, `python3` when left out. Its version is part of
 * a recipe: another one may give other instructions, but never another output.
 */
export function compileWasm(folder: string, args: readonly string[]): Buffer {
  const python = process.env['PYTHON'] ?? 'python3';
  return inTemporary((temporary) => {
    const module = join(temporary, 'module.wasm');
    const command = ['-m', 'ziglang', 'cc', ...FLAGS, '-o', module, ...args];
    execFileSync(python, command, { cwd: folder, stdio: 'inherit' });
    return readFileSync(module);
  });
}

/** Works in a folder that is removed afterwards. */
export function inTemporary<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'mlc-wasm-'));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
