import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildZip, type Member, type ZipShape } from './zip.ts';

/** A wheel to build; everything that is left out is right. */
export interface WheelShape {
  readonly name?: string;
  readonly version?: string;
  readonly files?: readonly Member[];
  readonly metadata?: string | Uint8Array;
  readonly wheel?: string;
  readonly entryPoints?: string;
  readonly tag?: string;
  readonly requires?: readonly string[];
  /** Rewrites RECORD's lines. */
  readonly record?: (lines: string[]) => string[];
  readonly zip?: ZipShape;
}

export const hashOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('base64url');

/** The bytes of a wheel. */
export function buildWheel(shape: WheelShape = {}): Buffer {
  const { name = 'demo', version = '1.0', tag = 'py3-none-any' } = shape;
  const info = `${name}-${version}.dist-info`;
  const requires = (shape.requires ?? []).map((line) => `Requires-Dist: ${line}\n`).join('');
  const members: Member[] = [
    ...(shape.files ?? [{ name: `${name}/__init__.py`, content: 'VALUE = 1\n' }]),
    {
      name: `${info}/METADATA`,
      content:
        shape.metadata ?? `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires}`,
    },
    {
      name: `${info}/WHEEL`,
      content:
        shape.wheel ?? `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
    },
    ...(shape.entryPoints === undefined
      ? []
      : [{ name: `${info}/entry_points.txt`, content: shape.entryPoints }]),
  ];
  const lines = members
    .filter((member) => !member.name.endsWith('/'))
    .map((member) => {
      const bytes = Buffer.from(member.content ?? '');
      return `${member.name},sha256=${hashOf(bytes)},${bytes.length}`;
    });
  const record = (shape.record ?? ((all) => all))([...lines, `${info}/RECORD,,`]);
  return buildZip(
    [...members, { name: `${info}/RECORD`, content: `${record.join('\n')}\n` }],
    shape.zip,
  );
}

/** File name of a built wheel. */
export function wheelName(shape: WheelShape = {}): string {
  return `${shape.name ?? 'demo'}-${shape.version ?? '1.0'}-${shape.tag ?? 'py3-none-any'}.whl`;
}

/** A temporary folder that goes away with `using`. */
export function tempFolder(): Disposable & {
  readonly path: string;
  file(name: string, bytes: Uint8Array | string): string;
} {
  const path = mkdtempSync(join(tmpdir(), 'mlc-wheels-'));
  return {
    path,
    file: (name, bytes) => {
      const target = join(path, name);
      writeFileSync(target, bytes);
      return target;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
