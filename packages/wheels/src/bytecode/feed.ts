import type { CompileContext, CompiledFile, Compiler, SourceFile } from './compile.ts';
import { createQueue, type Queue } from './queue.ts';

/** A way to a compiler for whoever comes across sources one by one. */
export interface SourceFeed {
  /** Takes a source; it is compiled meanwhile. The bytes are kept until then. */
  add(path: string, source: Uint8Array): void;
  /** What was added since the last call, compiled, in that order. Take all of it before the next `add`. */
  take(): AsyncGenerator<CompiledFile, void, undefined>;
  /** Gives up what was added and not taken. */
  stop(): Promise<void>;
}

interface Batch {
  readonly sources: Queue<SourceFile>;
  readonly files: AsyncGenerator<CompiledFile, void, undefined>;
  readonly first: Promise<IteratorResult<CompiledFile, void>>;
}

/** A feed into a compiler that nobody else uses meanwhile; for errors see `Compiler`. */
export function sourceFeed(compiler: Compiler, cx: CompileContext): SourceFeed {
  let batch: Batch | undefined;
  return {
    add: (path, source) => {
      batch ??= startBatch(compiler, cx);
      batch.sources.push({ path, read: () => source });
    },
    async *take() {
      const taken = batch;
      batch = undefined;
      if (taken === undefined) return;
      taken.sources.end();
      try {
        for (let next = await taken.first; !next.done; next = await taken.files.next())
          yield next.value;
      } finally {
        await taken.files.return();
      }
    },
    stop: async () => {
      batch?.sources.end();
      await batch?.files.return();
      batch = undefined;
    },
  };
}

/** Asks for the first file at once, so that the compiler begins. */
function startBatch(compiler: Compiler, cx: CompileContext): Batch {
  const sources = createQueue<SourceFile>();
  const files = compiler.compile(sources, cx);
  const first = files.next();
  first.catch(() => undefined);
  return { sources, files, first };
}
