/** What a made-up ELF file says of itself. */
export interface ElfSpec {
  readonly machine?: 'amd64' | 'arm64';
  /** PT_INTERP; a program has one, a library has none. */
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly runPath?: string;
  /** Texts in its data, each ended by NUL. */
  readonly texts?: readonly string[];
}

const HEADER = 64;
const SEGMENT = 56;

/** A 64-bit ELF file that no kernel would start, but whose headers are in order (ELF gABI, chapters 4 and 5). */
export function makeElf(spec: ElfSpec): Buffer {
  const { needed = [], runPath, interpreter, texts = [] } = spec;
  const names = ['', ...needed, ...(runPath === undefined ? [] : [runPath])];
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(''));
  const offsetOf = (name: string): number => strings.indexOf(`\0${name}\0`) + 1;
  const count = interpreter === undefined ? 2 : 3;
  const stringsAt = HEADER + count * SEGMENT;
  const interp = Buffer.from(interpreter === undefined ? '' : `${interpreter}\0`);
  const interpAt = stringsAt + strings.length;
  const dynamicAt = interpAt + interp.length;
  const tags = [
    ...needed.map((name) => [1, offsetOf(name)]),
    ...(runPath === undefined ? [] : [[29, offsetOf(runPath)]]),
    [5, stringsAt],
    [10, strings.length],
    [0, 0],
  ];
  const dynamic = Buffer.concat(tags.map((pair) => words(...pair)));
  const data = Buffer.from(texts.map((text) => `\0${text}\0`).join(''), 'latin1');
  const total = dynamicAt + dynamic.length + data.length;
  const segments = [
    segment(1, 0, total),
    segment(2, dynamicAt, dynamic.length),
    ...(interpreter === undefined ? [] : [segment(3, interpAt, interp.length)]),
  ];
  return Buffer.concat([header(spec, count), ...segments, strings, interp, dynamic, data]);
}

function header({ machine = 'amd64' }: ElfSpec, segments: number): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32BE(0x7f454c46);
  bytes.set([2, 1, 1], 4);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(machine === 'amd64' ? 62 : 183, 18);
  bytes.writeBigUInt64LE(BigInt(HEADER), 32);
  bytes.writeUInt16LE(SEGMENT, 54);
  bytes.writeUInt16LE(segments, 56);
  return bytes;
}

/** Addresses are offsets. */
function segment(type: number, offset: number, size: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type);
  return Buffer.concat([head, words(offset, offset, offset, size, size, 1)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, at) => bytes.writeBigUInt64LE(BigInt(value), at * 8));
  return bytes;
}
