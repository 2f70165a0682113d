/** The part of the WebAssembly interface that is used here; Node's types leave it to the browser's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** What every module of ours exports besides its functions. */
export interface WasmMemory {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/**
 * Makes instances of a module without imports, each with a memory of its own. It is compiled once in a thread, when
 * the first is asked for: V8 keeps the optimised code with the module, not with its instances.
 */
export function wasmInstances<Exports extends WasmMemory>(base64: string): () => Exports {
  let compiled: object | undefined;
  return () => {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
      .WebAssembly;
    compiled ??= new Module(Buffer.from(base64, 'base64'));
    return new Instance(compiled).exports as Exports;
  };
}
