import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';
import { atEnd, fill, offsetOf, type Window } from '../bytes/window.ts';
import type { Compression } from './detect.ts';

/** The compressed file that a decompressor reads. */
export interface Compressed {
  readonly file: string;
  readonly compression: Compression;
  readonly raw: Window;
}

/** MLC3031 at the place that was reached. */
export function damaged(from: Compressed, detail: string): MlcError {
  const { file, compression } = from;
  return mlcError('MLC3031', { file, compression, offset: offsetOf(from.raw), detail });
}

/** MLC3030: a variant that joblib never writes. */
export function unsupported(from: Compressed, detail: string): MlcError {
  return mlcError('MLC3030', { file: from.file, compression: from.compression, detail });
}

/** Makes `count` bytes available or throws MLC3031. */
export async function need(from: Compressed, count: number): Promise<void> {
  if (!(await fill(from.raw, count))) {
    from.raw.pos = from.raw.end;
    throw damaged(from, 'it ends too early');
  }
}

/** Takes one byte that `need` made available. */
export function byte(raw: Window): number {
  return raw.buffer[raw.pos++]!;
}

/** Takes four bytes that `need` made available, little endian, unsigned. */
export function uint32(raw: Window): number {
  const at = raw.pos;
  const b = raw.buffer;
  raw.pos += 4;
  return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;
}

/** Throws MLC3032 unless the file ends here: joblib writes one stream and nothing after it. */
export async function demandEnd(from: Compressed): Promise<void> {
  if (await atEnd(from.raw)) return;
  const { file, compression } = from;
  throw mlcError('MLC3032', { file, compression, offset: offsetOf(from.raw) });
}
