import type { ModelFacts } from '@mlcontainer/plugin-kit';
import { bz2 } from './bz2.ts';
import type { Compressed } from './fault.ts';
import { lz4 } from './lz4.ts';
import { lzma } from './lzma.ts';
import { xz } from './xz.ts';
import { gzip, zlib } from './zlib.ts';

/** An outer compression that joblib writes. */
export type Compression = Exclude<ModelFacts['compression'], 'none'>;

/** A decompressor: chunks of plain bytes; it throws MLC303x and has checked everything when it ends. */
export type Decompress = (from: Compressed) => AsyncGenerator<Uint8Array, void, void>;

/**
 * joblib's own prefixes in its own order (joblib/compressor.py, joblib/numpy_pickle_utils.py `_detect_compressor`),
 * so that both read the same file the same way.
 */
const PREFIXES: readonly (readonly [Compression, readonly number[]])[] = [
  ['zlib', [0x78]],
  ['gzip', [0x1f, 0x8b]],
  ['bz2', [0x42, 0x5a]],
  ['lzma', [0x5d, 0x00]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

const DECOMPRESSORS: Readonly<Record<Compression, Decompress>> = { zlib, gzip, bz2, lzma, xz, lz4 };

/** The compression that the first bytes announce. */
export function detectCompression(head: Uint8Array): Compression | undefined {
  return PREFIXES.find(([, prefix]) => prefix.every((b, i) => head[i] === b))?.[0];
}

/** The plain bytes of a compressed file. */
export function decompress(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  return DECOMPRESSORS[from.compression](from);
}
