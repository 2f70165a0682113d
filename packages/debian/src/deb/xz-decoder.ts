import { wasmInstances, type WasmMemory } from '@mlcontainer/oci';
import { XZ_WASM } from './xz-wasm.ts';

/** One decoder of .xz, with buffers and a dictionary of its own: one file at a time. */
export interface XzDecoder {
  /** What `feed` takes at most. Bytes. */
  readonly inputSize: number;
  /** What it holds: 0.7 MiB, and the largest dictionary that a file had. Bytes. */
  memory(): number;
  /** Begins a file, whatever became of the last one. */
  begin(): void;
  /** Takes the next bytes of the file; to be called when `decode` has used up those before. */
  feed(piece: Uint8Array): void;
  /** Decodes on; `last`: the file has no more bytes. */
  decode(last: boolean): XzState;
  /** What was decoded, as a copy; at most 256 KiB. */
  take(): Uint8Array;
}

/** `full`: take the output and decode on; `hungry`: the input is used up; `end`: the file is whole. */
export type XzState = 'full' | 'hungry' | 'end' | { readonly failure: string };

interface Exports extends WasmMemory {
  input(): number;
  inputSize(): number;
  output(): number;
  outputSize(): number;
  begin(): number;
  feed(size: number): void;
  decode(last: number): number;
  filled(): number;
  take(): number;
}

/** liblzma's lzma_ret (lzma/base.h). */
const OK = 0;
const STREAM_END = 1;
const FAILURES: Readonly<Record<number, string>> = {
  3: 'its integrity check is of an unknown kind',
  5: 'there is no memory for its dictionary',
  6: 'its dictionary is larger than 64 MiB',
  7: 'this is no .xz data',
  8: 'it uses a filter or an option that is not supported',
  9: 'the data is damaged',
  10: 'the data ends too early',
};

const instance = wasmInstances<Exports>(XZ_WASM);

/** A fresh instance. */
export function createXzDecoder(): XzDecoder {
  const wasm = instance();
  // A view of the memory lasts until it grows.
  const view = (at: number, size: number) => new Uint8Array(wasm.memory.buffer, at, size);
  const inputSize = wasm.inputSize();
  return {
    inputSize,
    memory: () => wasm.memory.buffer.byteLength,
    begin: () => {
      if (wasm.begin() !== OK) throw new RangeError('no memory to begin with');
    },
    feed: (piece) => {
      view(wasm.input(), inputSize).set(piece);
      wasm.feed(piece.length);
    },
    decode: (last) => stateOf(wasm, wasm.decode(last ? 1 : 0)),
    take: () => view(wasm.output(), wasm.take()).slice(),
  };
}

function stateOf(wasm: Exports, code: number): XzState {
  if (code === STREAM_END) return 'end';
  if (code !== OK) return { failure: FAILURES[code] ?? `liblzma gives ${code}` };
  return wasm.filled() === wasm.outputSize() ? 'full' : 'hungry';
}
