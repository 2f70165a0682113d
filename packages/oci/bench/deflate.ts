/**
 * Compares deflate implementations on what layers hold: Python sources, bytecode, shared objects.
 *
 *   node --conditions=@mlcontainer/source packages/oci/bench/deflate.ts [MiB of each kind, 8]
 *
 * Each is given pieces of one MiB, as the layer writer does. Speeds are printed as ratios to node:zlib level 6 of
 * the same run, since machines differ and this one may be busy; of three rounds the best counts.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deflateSync } from 'fflate';
import { deflateRaw } from 'pako';
import { createDeflater } from '../src/layer/deflate.ts';

type Deflate = (bytes: Uint8Array) => Uint8Array;
type Level = 1 | 3 | 6;

const PIECE = 1 << 20;
const ROUNDS = 3;
const REFERENCE = 'node:zlib 6';
const SIZE = Number(process.argv[2] ?? 8) * PIECE;

/** Prints the standard library's sources, or their bytecode, one after another. */
const STDLIB = `
import sys, pathlib, sysconfig, marshal
for path in sorted(pathlib.Path(sysconfig.get_paths()['stdlib']).rglob('*.py')):
    if 'site-packages' in path.parts or 'test' in path.parts:
        continue
    data = path.read_bytes()
    try:
        sys.stdout.buffer.write(data if sys.argv[1] == 'py' else marshal.dumps(compile(data, path.name, 'exec')))
    except (SyntaxError, ValueError):
        pass
`;

function python(kind: string): Uint8Array {
  const bytes = execFileSync('python3', ['-W', 'ignore', '-c', STDLIB, kind], {
    maxBuffer: 1 << 30,
  });
  return bytes.subarray(0, SIZE);
}

function machineCode(): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const file = openSync(process.execPath, 'r');
  const length = readSync(file, bytes, 0, SIZE, 32 * PIECE);
  closeSync(file);
  return bytes.subarray(0, length);
}

function shipped(level: number): Deflate {
  const deflater = createDeflater(level);
  return (bytes) => {
    deflater.input.set(bytes);
    return deflater.deflate(bytes.length, true);
  };
}

const zlib =
  (level: Level): Deflate =>
  (bytes) =>
    deflateRawSync(bytes, { level });
const pako =
  (level: Level): Deflate =>
  (bytes) =>
    deflateRaw(bytes, { level });
const fflate =
  (level: Level): Deflate =>
  (bytes) =>
    deflateSync(bytes, { level });

const CANDIDATES: Readonly<Record<string, Deflate>> = {
  [REFERENCE]: zlib(6),
  'node:zlib 1': zlib(1),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((level) => [`shipped ${level}`, shipped(level)])),
  'pako 1': pako(1),
  'pako 6': pako(6),
  'fflate 1': fflate(1),
  'fflate 6': fflate(6),
};

const kinds = { sources: python('py'), bytecode: python('pyc'), 'machine code': machineCode() };

interface Result {
  milliseconds: number;
  size: number;
}

function compressed(deflate: Deflate, data: Uint8Array): number {
  let size = 0;
  for (let at = 0; at < data.length; at += PIECE)
    size += deflate(data.subarray(at, at + PIECE)).length;
  return size;
}

function check(deflate: Deflate, data: Uint8Array): void {
  const piece = data.subarray(0, PIECE);
  if (!inflateRawSync(deflate(piece)).equals(piece)) throw new Error('wrong bytes');
}

/** Rounds over all candidates, so that a busy moment hits them all alike. */
function measureAll(data: Uint8Array): Map<string, Result> {
  const results = new Map<string, Result>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, deflate] of Object.entries(CANDIDATES)) {
      check(deflate, data);
      const start = performance.now();
      const size = compressed(deflate, data);
      const milliseconds = Math.min(
        performance.now() - start,
        results.get(name)?.milliseconds ?? Infinity,
      );
      results.set(name, { milliseconds, size });
    }
  }
  return results;
}

const print = (...columns: readonly string[]): unknown =>
  process.stdout.write(
    `${columns.map((text, at) => (at === 0 ? text.padEnd(14) : text.padStart(24))).join('')}\n`,
  );

const measured = Object.values(kinds).map((data) => ({ data, results: measureAll(data) }));
print('', ...Object.keys(kinds));
print('', ...measured.map(() => 'speed (x)    size (%)'));
for (const name of Object.keys(CANDIDATES)) {
  const columns = measured.map(({ data, results }) => {
    const { milliseconds = NaN, size = NaN } = results.get(name) ?? {};
    const speed = (results.get(REFERENCE)?.milliseconds ?? NaN) / milliseconds;
    return `${speed.toFixed(2)}    ${((100 * size) / data.length).toFixed(2)}`;
  });
  print(name, ...columns);
}
