import { wasmInstances, type WasmMemory } from '@mlcontainer/oci';
import { CANONICAL_WASM } from './canonical-wasm.ts';

/** The marshal data is of a form that is not known; the message says what was met and where. */
export class MarshalError extends Error {
  override readonly name = 'MarshalError';
}

interface Exports extends WasmMemory {
  /** Where to put so many bytes, or 0. */
  begin(size: number): number;
  rewrite(minor: number): number;
  failureAt(): number;
  failureDetail(): number;
  output(): number;
  outputSize(): number;
}

/** Versions 3.x whose code objects are known. */
const MINORS = { first: 8, last: 14 };
/** Bytes that places in the data can count. */
const LARGEST = 2 ** 31 - 1;
/** Memory that grew beyond is not kept for the next call; SciPy and the standard library take 4 MiB. */
const KEPT_MEMORY = 32 * 1024 * 1024;

/** Of `canonicalMarshal`, which gives copies. */
let single: ReturnType<typeof createCanonicalizer> | undefined;

/**
 * Rewrites marshal data into one canonical form. What CPython writes depends on more than the source: an object
 * gets FLAG_REF when anything in the process holds a second reference to it, equal strings are one object or two
 * by what was interned before, and the order of a frozenset's elements follows from those (or, before 3.11, from
 * hashes). Here equal constants are written once and referred to, the flag stands only where something refers, and
 * sets are sorted. Loading gives an equal code object. Nothing that CPython compiles gets longer. `minor` is the interpreter's: 11
 * for 3.11. Throws `MarshalError`, and RangeError on data that is cut.
 */
export function canonicalMarshal(data: Buffer, minor: number): Buffer {
  single ??= createCanonicalizer();
  return Buffer.from(single(data, minor));
}

/** `canonicalMarshal` for many: what it works with is used again, the bytes that it gives included. */
export function createCanonicalizer(): (data: Buffer, minor: number) => Buffer {
  let kept: Exports | undefined;
  return (data, minor) => {
    if (minor < MINORS.first || minor > MINORS.last)
      throw new MarshalError(`Python 3.${minor} is not known`);
    const wasm = kept ?? instance();
    // An instance that is left in the middle cannot be used again.
    kept = undefined;
    const failure = rewrite(wasm, data, minor);
    const { buffer } = wasm.memory;
    if (buffer.byteLength <= KEPT_MEMORY) kept = wasm;
    if (failure !== 0) throw errorOf(failure, wasm, data.length);
    // Numbers of 32 bits come with a sign.
    return Buffer.from(buffer, wasm.output() >>> 0, wasm.outputSize() >>> 0);
  };
}

const instance = wasmInstances<Exports>(CANONICAL_WASM);

/** `enum failure` of native/canonical.c. */
const FAILURE = {
  noMemory: 1,
  cut: 2,
  cutInside: 3,
  unknownType: 4,
  noTarget: 5,
  tooDeep: 6,
  endsEarly: 7,
} as const;

function rewrite(wasm: Exports, data: Buffer, minor: number): number {
  const input = data.length > LARGEST ? 0 : wasm.begin(data.length);
  if (input === 0) return FAILURE.noMemory;
  new Uint8Array(wasm.memory.buffer, input, data.length).set(data);
  return wasm.rewrite(minor);
}

function errorOf(failure: number, wasm: Exports, size: number): Error {
  const at = wasm.failureAt() >>> 0;
  const detail = wasm.failureDetail() >>> 0;
  switch (failure) {
    case FAILURE.cut:
      return new RangeError(`it is cut at ${at}`);
    case FAILURE.cutInside:
      return new MarshalError(`cut at ${at}`);
    case FAILURE.unknownType:
      return new MarshalError(`unknown type 0x${detail.toString(16)} at ${at}`);
    case FAILURE.noTarget:
      return new MarshalError(`reference ${detail} before ${at} has no target`);
    case FAILURE.tooDeep:
      return new MarshalError(`too deep at ${at}`);
    case FAILURE.endsEarly:
      return new MarshalError(`it ends at ${at} of ${size}`);
    default:
      return new RangeError(`there is no memory for marshal data of ${size} bytes`);
  }
}
