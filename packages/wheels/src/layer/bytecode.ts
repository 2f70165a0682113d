/** One bytecode file for the image. */
export interface BytecodeFile {
  /** Path in the image, without leading slash. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytecode that is on its way. */
export interface StartedBytecode {
  readonly files: AsyncIterable<BytecodeFile>;
  /** Ends the source, also when nothing was taken. */
  stop(): Promise<void>;
}

/**
 * Asks for the first file at once, so that the compiler works while the wheel's own files are still being written.
 * A map is given in the order of its paths.
 */
export function startBytecode(
  source: ReadonlyMap<string, Uint8Array> | AsyncIterable<BytecodeFile> | undefined,
): StartedBytecode {
  const iterator = isAsync(source) ? source[Symbol.asyncIterator]() : sorted(source ?? new Map());
  const first = iterator.next();
  // It is reported when it is waited for.
  first.catch(() => undefined);
  return {
    files: {
      async *[Symbol.asyncIterator]() {
        for (let next = await first; !next.done; next = await iterator.next()) yield next.value;
      },
    },
    stop: async () => {
      await iterator.return?.();
    },
  };
}

function isAsync(
  source: ReadonlyMap<string, Uint8Array> | AsyncIterable<BytecodeFile> | undefined,
): source is AsyncIterable<BytecodeFile> {
  return source !== undefined && Symbol.asyncIterator in source;
}

async function* sorted(map: ReadonlyMap<string, Uint8Array>): AsyncGenerator<BytecodeFile, void> {
  const files = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, bytes] of files) yield { path, bytes };
}
