import { mlcError, type Ports } from '@mlcontainer/plugin-kit';
import { createCanonicalizer } from './canonical.ts';
import { startProcess, type Answer, type CompileProcess, type Interpreter } from './process.ts';
import { createQueue, type Queue } from './queue.ts';

/** One Python source to compile. */
export interface SourceFile {
  /** Path in the image, without leading slash; tracebacks show it with one. */
  readonly path: string;
  read(): Uint8Array | Promise<Uint8Array>;
}

/** A compiled source, in the form `wheelLayerEntries` takes. */
export interface CompiledFile {
  /** Path of the pyc in the image (PEP 3147), without leading slash. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly source: string;
}

/** A source that this Python cannot compile: it stays as source, as pip leaves it. */
export interface SkippedFile {
  readonly source: string;
  readonly reason: string;
}

/** Who waits for bytecode. */
export interface CompileContext {
  readonly signal: AbortSignal;
  /** Told of each source that does not compile. */
  readonly onSkipped?: (file: SkippedFile) => void;
}

/** How modules are compiled. */
export interface CompileOptions {
  /**
   * Bytecode tells the columns of each instruction (PEP 657), so that tracebacks can underline a part of a line; true
   * when left out. Lines are always told. Without columns, bytecode is a quarter smaller when it is compressed.
   */
  readonly debugRanges?: boolean;
}

/** One interpreter that stays for many sources: its start would cost more than most modules do. */
export interface Compiler extends AsyncDisposable {
  /**
   * Compiles sources to unchecked-hash pycs (PEP 552), in the order given; one such call at a time. The bytes depend
   * on source, path, options and interpreter release alone: hash seed fixed, environment given, marshal data brought into
   * canonical form. A source that does not compile is left out and reported. It works ahead of whoever takes the
   * files, by some MiB. Throws MLC5040 and MLC5041, and what `read` of a source throws.
   */
  compile(
    sources: AsyncIterable<SourceFile> | Iterable<SourceFile>,
    cx: CompileContext,
  ): AsyncGenerator<CompiledFile, void, undefined>;
  /** Ends the interpreter; the next call starts another. */
  close(): Promise<void>;
}

/** A compiler that starts the image's own interpreter when it is first used. */
export function openCompiler(
  interpreter: Interpreter,
  options: CompileOptions,
  ports: Pick<Ports, 'exec'>,
): Compiler {
  let process: CompileProcess | undefined;
  const canonical = createCanonicalizer();
  const close = async (): Promise<void> => {
    const ending = process;
    process = undefined;
    await ending?.end();
  };
  return {
    async *compile(sources, cx) {
      cx.signal.throwIfAborted();
      // Taken away while it is used: one that is left in the middle cannot be used again.
      const used = process ?? (await startProcess(interpreter, options.debugRanges ?? true, ports));
      process = undefined;
      const run = startRun(used, canonical, cx);
      try {
        yield* take(run, sources);
        process = used;
      } finally {
        if (process !== used) used.kill();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Sources that are sent and not yet taken as files, bytes: enough to work ahead, little enough to hold in memory. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const PYC_HEADER = 16;

interface Sent {
  readonly path: string;
  readonly size: number;
}

interface Run {
  readonly process: CompileProcess;
  readonly canonical: (data: Buffer, minor: number) => Buffer;
  readonly cx: CompileContext;
  /** What the process owes an answer for. */
  readonly sent: Queue<Sent>;
  readonly answers: Queue<{ readonly source: Sent; readonly answer: Answer }>;
  ahead: number;
  room?: (() => void) | undefined;
}

function startRun(process: CompileProcess, canonical: Run['canonical'], cx: CompileContext): Run {
  return { process, canonical, cx, sent: createQueue(), answers: createQueue(), ahead: 0 };
}

async function* take(
  run: Run,
  sources: AsyncIterable<SourceFile> | Iterable<SourceFile>,
): AsyncGenerator<CompiledFile, void, undefined> {
  const { signal } = run.cx;
  const stop = (): void => run.answers.fail(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const gone = { left: false };
  void send(run, sources, gone).then(() => run.sent.end(), run.answers.fail);
  void receive(run).then(run.answers.end, run.answers.fail);
  try {
    for await (const { source, answer } of run.answers) {
      signal.throwIfAborted();
      if ('pyc' in answer) yield compiledFile(run, source.path, answer.pyc);
      else run.cx.onSkipped?.({ source: source.path, reason: answer.reason });
      run.ahead -= source.size;
      run.room?.();
    }
  } finally {
    gone.left = true;
    run.room?.();
    signal.removeEventListener('abort', stop);
  }
}

async function send(
  run: Run,
  sources: AsyncIterable<SourceFile> | Iterable<SourceFile>,
  gone: { readonly left: boolean },
): Promise<void> {
  for await (const source of sources) {
    const { path } = source;
    const bytes = await source.read();
    while (run.ahead > AHEAD_BYTES && !gone.left)
      await new Promise<void>((resolve) => (run.room = resolve));
    if (gone.left) return;
    run.ahead += bytes.length;
    run.process.send(path, bytes);
    run.sent.push({ path, size: bytes.length });
  }
}

async function receive(run: Run): Promise<void> {
  for await (const source of run.sent)
    run.answers.push({ source, answer: await run.process.answer() });
}

function compiledFile({ process, canonical }: Run, source: string, pyc: Buffer): CompiledFile {
  const path = cachePath(source, process.cacheTag);
  try {
    const code = canonical(pyc.subarray(PYC_HEADER), process.minor);
    return { path, bytes: Buffer.concat([pyc.subarray(0, PYC_HEADER), code]), source };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw mlcError('MLC5041', { path: source, detail }, { cause: error });
  }
}

/** `a/b.py` → `a/__pycache__/b.cpython-311.pyc` (PEP 3147). */
function cachePath(path: string, cacheTag: string): string {
  const cut = path.lastIndexOf('/') + 1;
  return `${path.slice(0, cut)}__pycache__/${path.slice(cut, -3)}.${cacheTag}.pyc`;
}
