import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A compiled module and the source that carries it. */
export interface WasmModule {
  /** Path of the source. */
  readonly target: string;
  /** Name of the constant in it. */
  readonly constant: string;
  /** What it is made of, for people: `native/xz.c`. */
  readonly source: string;
  readonly wasm: Uint8Array;
  /** What of others is in it, and their licence; none where all of it is ours. */
  readonly notice?: { readonly holds: string; readonly licence: string };
}

/** Writes the sources; with `--check` nothing is written, and one that differs from what is there is an error. */
export function writeModules(modules: readonly WasmModule[], flag: string | undefined): void {
  for (const module of modules) {
    const text = moduleText(module);
    if (flag !== '--check') writeFileSync(module.target, text);
    else if (readFileSync(module.target, 'utf8') !== text)
      throw new Error(`${basename(module.target)} is not what the sources give`);
  }
}

function moduleText({ constant, source, wasm, notice }: WasmModule): string {
  return [
    '// Made by native/build.ts; do not edit.',
    ...(notice === undefined ? [] : noticeLines(constant, notice)),
    `/** ${source} as a WebAssembly module, base64. */`,
    `export const ${constant} =\n  '${Buffer.from(wasm).toString('base64')}';`,
    '',
  ].join('\n');
}

/** The form that a bundle takes notices from. */
function noticeLines(
  constant: string,
  { holds, licence }: NonNullable<WasmModule['notice']>,
): string[] {
  return [
    '/*!',
    ' * @license',
    ` * ${constant} holds ${holds}`,
    ' *',
    ...licence
      .trimEnd()
      .split('\n')
      .map((line) => ` * ${line}`.trimEnd()),
    ' */',
  ];
}
