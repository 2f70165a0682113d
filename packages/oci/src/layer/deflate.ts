import { DEFLATE_WASM } from './deflate-wasm.ts';
import { wasmInstances, type WasmMemory } from './wasm.ts';

/** The shipped deflate's level: 3 to 5 times the speed of native zlib's 6, for 4 to 13 percent more (bench/deflate.ts). */
const LEVEL = 1;

/** The shipped deflate: the same bytes on every machine and every Node. */
export interface Deflater {
  /** To be filled before a call. */
  readonly input: Uint8Array;
  /**
   * Compresses the first `size` bytes of the input to a raw deflate stream (RFC 1951), or, when `last` is false,
   * to a piece of one that ends at a byte border and refers to nothing outside. The result is a view that the next call overwrites.
   */
  deflate(size: number, last: boolean): Uint8Array;
}

interface Exports extends WasmMemory {
  capacity(): number;
  input(): number;
  output(): number;
  init(level: number): number;
  deflate(size: number, last: number): number;
}

const instance = wasmInstances<Exports>(DEFLATE_WASM);

/** A fresh instance with its own buffers (2.2 MiB). */
export function createDeflater(level = LEVEL): Deflater {
  const wasm = instance();
  if (wasm.init(level) === 0) throw new RangeError(`no deflate level ${level}`);
  const { buffer } = wasm.memory;
  const output = wasm.output();
  return {
    input: new Uint8Array(buffer, wasm.input(), wasm.capacity()),
    deflate: (size, last) => {
      const length = wasm.deflate(size, last ? 1 : 0);
      if (length === 0) throw new RangeError('deflate output is larger than its bound');
      return new Uint8Array(buffer, output, length);
    },
  };
}
