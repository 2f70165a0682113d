import type { Window } from '../bytes/window.ts';
import type { Report } from '../report.ts';
import { detectCompression } from '../compression/detect.ts';
import { readPickleFile } from '../pickle/file.ts';

/** How a reader is called: the window stands at the first byte of the file. */
export type FormatReader = (report: Report, raw: Window) => Promise<void>;

/** One model format: how its first bytes look, and who reads it. */
export interface Format {
  /** A `ModelFormat`. */
  readonly name: string;
  readonly matches: (head: Uint8Array) => boolean;
  /** Undefined where no reader exists yet; one folder of `src` a format. */
  readonly read?: FormatReader;
}

/** Bytes that `matches` is given, fewer where the file is shorter. */
export const HEAD = 512;

const starts =
  (...bytes: readonly number[]) =>
  (head: Uint8Array) =>
    bytes.every((b, i) => head[i] === b);

const ascii = (head: Uint8Array) =>
  Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');

/** A zip is told apart by the name of its first entry. */
const zipWith = (entry: RegExp) => (head: Uint8Array) => {
  const text = ascii(head);
  return (
    text.startsWith('PK\x03\x04') && entry.test(text.slice(30, 30 + head[26]! + 256 * head[27]!))
  );
};

/** A length that fits, then JSON: safetensors' README, "Format". */
function isSafetensors(head: Uint8Array): boolean {
  if (head.length < 9) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  return (
    view.getUint32(4, true) === 0 && view.getUint32(0, true) <= 100_000_000 && head[8] === 0x7b
  );
}

/** Opcodes that a pickle of protocol 0 or 1, which has no PROTO, can begin with. */
const isOldPickle = (head: Uint8Array) => /^[(\])}ciINJKMLFGSTUVX]/.test(ascii(head));

/**
 * Formats in the order in which they are tried; the first that matches decides. Compressions come first, as in
 * joblib.load, so that both take the same file for the same thing.
 */
export const FORMATS: readonly Format[] = [
  {
    name: 'joblib',
    matches: (head) => ascii(head).startsWith('ZF') || detectCompression(head) !== undefined,
    read: readPickleFile,
  },
  { name: 'pickle', matches: starts(0x80), read: readPickleFile },
  { name: 'skops', matches: zipWith(/^schema\.json$/) },
  { name: 'keras', matches: zipWith(/^(metadata\.json|config\.json|model\.weights\.h5)$/) },
  { name: 'torch-export', matches: zipWith(/(^|\/)archive_(format|version)$/) },
  { name: 'torchscript', matches: zipWith(/\/(code\/|constants\.pkl$)/) },
  { name: 'torch-state', matches: zipWith(/\/(data\.pkl|\.format_version|byteorder|version)$/) },
  { name: 'numpy', matches: starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) },
  { name: 'hdf5', matches: starts(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a) },
  { name: 'safetensors', matches: isSafetensors },
  { name: 'lightgbm', matches: (head) => /^tree\r?\nversion=v\d/.test(ascii(head)) },
  {
    name: 'xgboost',
    matches: (head) =>
      /^\{\s*"(learner|version)"/.test(ascii(head)) || /^\{L[\s\S]{8}learner/.test(ascii(head)),
  },
  { name: 'gguf', matches: starts(0x47, 0x47, 0x55, 0x46) },
  {
    name: 'onnx',
    matches: (head) => head[0] === 0x08 && head[1]! > 1 && head[1]! < 0x20 && head[2] === 0x12,
  },
  {
    name: 'saved-model',
    matches: (head) => head[0] === 0x08 && head[1] === 0x01 && head[2] === 0x12,
  },
  { name: 'pickle', matches: isOldPickle, read: readPickleFile },
];

/** The format that the first bytes announce. */
export function detectFormat(head: Uint8Array): Format | undefined {
  return FORMATS.find((format) => format.matches(head));
}
