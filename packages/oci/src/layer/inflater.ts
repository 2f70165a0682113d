import { INFLATE_WASM } from './inflate-wasm.ts';
import { wasmInstances, type WasmMemory } from './wasm.ts';

/** What came of a deflate stream: its bytes, or how it is not what was said of it. */
export type Inflated =
  | {
      /** A view that the next call overwrites. */
      readonly bytes: Uint8Array;
      /** Bytes of the input up to the end of the stream. */
      readonly consumed: number;
    }
  | { readonly fault: 'damaged' | 'shorter' | 'longer' };

/**
 * The shipped inflate for streams whose both sides fit into memory. node:zlib takes as long for the bytes, and again
 * that long for what it sets up for each stream; and its buffers are garbage that V8 marks the whole heap for.
 */
export interface Inflater {
  /** To be filled before a call; what is longer does not fit. */
  readonly input: Uint8Array;
  /** Bytes that a stream may inflate to. */
  readonly limit: number;
  /** Inflates the raw deflate stream (RFC 1951) in the first bytes of the input, which is to give exactly `size` bytes. */
  inflate(deflatedSize: number, size: number): Inflated;
}

interface Exports extends WasmMemory {
  inputCapacity(): number;
  outputCapacity(): number;
  input(): number;
  output(): number;
  inflate(deflatedSize: number, size: number): number;
  consumed(): number;
}

const instance = wasmInstances<Exports>(INFLATE_WASM);

/** libdeflate_result, without success. */
const FAULTS = { 1: 'damaged', 2: 'shorter', 3: 'longer' } as const;

/** A fresh instance with its own buffers (2.1 MiB). */
export function createInflater(): Inflater {
  const wasm = instance();
  const { buffer } = wasm.memory;
  const output = wasm.output();
  return {
    input: new Uint8Array(buffer, wasm.input(), wasm.inputCapacity()),
    limit: wasm.outputCapacity(),
    inflate: (deflatedSize, size) => {
      const result = wasm.inflate(deflatedSize, size);
      if (result !== 0) return { fault: FAULTS[result as keyof typeof FAULTS] ?? 'damaged' };
      return { bytes: new Uint8Array(buffer, output, size), consumed: wasm.consumed() };
    },
  };
}
