import { mlcError, type Ports } from '@mlcontainer/plugin-kit';
import { canonicalMarshal } from './canonical.ts';
import { frame, type FrameReader, frameReader } from './frames.ts';
import { COMPILE_SCRIPT } from './script.ts';

/** How the image's Python is started on this machine: the words before a script, and its whole environment. */
export interface Interpreter {
  /** `[ld-linux…, --library-path, …, python3.11]` */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

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

/** What compiling needs besides sources and interpreter. */
export interface CompileContext {
  readonly ports: Pick<Ports, 'exec'>;
  readonly signal: AbortSignal;
  /** Told of each source that does not compile. */
  readonly onSkipped?: (file: SkippedFile) => void;
  /** Processes at once; 2 when left out. The bytes do not depend on it. */
  readonly jobs?: number;
}

/** How modules are compiled; `optimize` as Python’s `-O` and `-OO`. */
export interface CompileOptions {
  readonly optimize?: 0 | 1 | 2;
}

/** Sources sent to one process, bytes: enough to make its start cheap, little enough to hold in memory. */
const BATCH_BYTES = 2 * 1024 * 1024;
const PYC_HEADER = 16;
const FRAME_LIMIT = 512 * 1024 * 1024;

/**
 * Compiles sources to unchecked-hash pycs (PEP 552), in the order given, with the image's own interpreter. The bytes
 * depend on source, path and interpreter release alone: hash seed fixed, environment given, marshal data brought
 * into canonical form. A source that does not compile is left out and reported. Throws MLC5040 and MLC5041.
 */
export async function* compileSources(
  sources: AsyncIterable<SourceFile> | Iterable<SourceFile>,
  interpreter: Interpreter,
  options: CompileOptions,
  cx: CompileContext,
): AsyncGenerator<CompiledFile, void, undefined> {
  const running: Promise<CompiledFile[]>[] = [];
  const jobs = Math.max(1, cx.jobs ?? 2);
  try {
    for await (const batch of batches(sources)) {
      const result = compileBatch(batch, interpreter, options, cx);
      result.catch(() => undefined);
      running.push(result);
      if (running.length >= jobs) yield* (await running.shift()) ?? [];
    }
    while (running.length > 0) yield* (await running.shift()) ?? [];
  } finally {
    await Promise.allSettled(running);
  }
}

interface LoadedSource {
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function* batches(sources: AsyncIterable<SourceFile> | Iterable<SourceFile>) {
  let batch: LoadedSource[] = [];
  let size = 0;
  for await (const source of sources) {
    const bytes = await source.read();
    batch.push({ path: source.path, bytes });
    size += bytes.length;
    if (size < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield batch;
}

async function compileBatch(
  batch: readonly LoadedSource[],
  interpreter: Interpreter,
  options: CompileOptions,
  cx: CompileContext,
): Promise<CompiledFile[]> {
  const [command = '', ...args] = interpreter.argv;
  const stream = cx.ports.exec.stream({
    command,
    args: [
      ...args,
      '-I',
      '-S',
      '-B',
      '-W',
      'ignore',
      '-X',
      'utf8',
      '-c',
      COMPILE_SCRIPT,
      String(options.optimize ?? 0),
    ],
    env: { ...interpreter.env, PYTHONHASHSEED: '0' },
    stdin: encodeBatch(batch),
    signal: cx.signal,
  });
  const reader = frameReader(stream, FRAME_LIMIT);
  try {
    return await readBatch(reader, batch, cx);
  } catch (error) {
    cx.signal.throwIfAborted();
    if ((error as { code?: unknown }).code === 'MLC5041') throw error;
    throw mlcError(
      'MLC5040',
      { detail: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  } finally {
    await reader.return();
  }
}

function encodeBatch(batch: readonly LoadedSource[]): Uint8Array {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(batch.length);
  return Buffer.concat([
    count,
    ...batch.flatMap(({ path, bytes }) => [...frame(Buffer.from(`/${path}`)), ...frame(bytes)]),
  ]);
}

async function readBatch(reader: FrameReader, batch: readonly LoadedSource[], cx: CompileContext) {
  const { minor, cacheTag } = readHello(await reader.frame());
  const compiled: CompiledFile[] = [];
  for (const { path } of batch) {
    const status = await reader.bytes(1);
    const bytes = await reader.frame();
    if (!status || !bytes) throw new Error(`it ended before ${path}`);
    if (status[0] === 1) cx.onSkipped?.({ source: path, reason: bytes.toString('utf8') });
    else
      compiled.push({
        path: cachePath(path, cacheTag),
        bytes: canonicalPyc(path, bytes, minor),
        source: path,
      });
  }
  if (await reader.bytes(1)) throw new Error('it wrote more than was asked for');
  return compiled;
}

function readHello(hello: Buffer | undefined): { minor: number; cacheTag: string } {
  const [name, major, minor, cacheTag = ''] = hello?.toString('utf8').split(' ') ?? [];
  if (name !== 'cpython' || major !== '3' || !/^cpython-3\d+$/.test(cacheTag)) {
    throw mlcError('MLC5041', {
      path: 'python',
      detail: `${hello?.toString('utf8') ?? 'nothing'} is not CPython 3`,
    });
  }
  return { minor: Number(minor), cacheTag };
}

function canonicalPyc(path: string, pyc: Buffer, minor: number): Uint8Array {
  try {
    return Buffer.concat([
      pyc.subarray(0, PYC_HEADER),
      canonicalMarshal(pyc.subarray(PYC_HEADER), minor),
    ]);
  } catch (error) {
    throw mlcError(
      'MLC5041',
      { path, detail: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}

/** `a/b.py` → `a/__pycache__/b.cpython-311.pyc` (PEP 3147). */
function cachePath(path: string, cacheTag: string): string {
  const cut = path.lastIndexOf('/') + 1;
  return `${path.slice(0, cut)}__pycache__/${path.slice(cut, -3)}.${cacheTag}.pyc`;
}
