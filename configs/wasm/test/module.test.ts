import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeModules, type WasmModule } from '../src/index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlc-module-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function module(over: Partial<WasmModule> = {}): WasmModule {
  const target = join(folder, 'x-wasm.ts');
  return { target, constant: 'X_WASM', source: 'native/x.c', wasm: Uint8Array.of(0, 97), ...over };
}

test('a module stands in a source, with the licence of what is in it', async () => {
  const notice = { holds: 'libx 1.0', licence: 'Do as\n\nyou like.\n' };
  writeModules([module({ notice })], undefined);
  expect(await readFile(module().target, 'utf8')).toBe(
    `// Made by native/build.ts; do not edit.
/*!
 * @license
 * X_WASM holds libx 1.0
 *
 * Do as
 *
 * you like.
 */
/** native/x.c as a WebAssembly module, base64. */
export const X_WASM =
  'AGE=';
`,
  );
});

test('a check writes nothing, and finds what differs', async () => {
  writeModules([module()], undefined);
  expect(() => writeModules([module()], '--check')).not.toThrow();
  await writeFile(module().target, 'other');
  expect(() => writeModules([module()], '--check')).toThrow(
    'x-wasm.ts is not what the sources give',
  );
  expect(await readFile(module().target, 'utf8')).toBe('other');
});
