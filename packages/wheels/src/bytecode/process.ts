import { mlcError, type Ports } from '@mlcontainer/plugin-kit';
import { frameReader } from './frames.ts';
import { createQueue } from './queue.ts';
import { COMPILE_SCRIPT } from './script.ts';

/** How the image's Python is started on this machine: the words before a script, and its whole environment. */
export interface Interpreter {
  /** `[ld-linux…, --library-path, …, python3.11]` */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What the process answered to one source. */
export type Answer = { readonly pyc: Buffer } | { readonly reason: string };

/** An interpreter that runs and waits for sources. */
export interface CompileProcess {
  /** Of the interpreter: 11 for Python 3.11. */
  readonly minor: number;
  /** As in the names of pycs: `cpython-311`. */
  readonly cacheTag: string;
  send(path: string, source: Uint8Array): void;
  /** The next answer, in the order of what was sent. */
  answer(): Promise<Answer>;
  /** Lets it end by itself, and waits for that; throws what `answer` throws when it said more than was asked. */
  end(): Promise<void>;
  /** Stops it at once. */
  kill(): void;
}

const FRAME_LIMIT = 512 * 1024 * 1024;

/** Starts the interpreter; `debugRanges` as in `CompileOptions`. Throws MLC5040 and MLC5041. */
export async function startProcess(
  interpreter: Interpreter,
  debugRanges: boolean,
  ports: Pick<Ports, 'exec'>,
): Promise<CompileProcess> {
  const stop = new AbortController();
  const input = createQueue<Uint8Array>();
  const [command = '', ...args] = interpreter.argv;
  const stream = ports.exec.stream({
    command,
    args: [...args, ...FLAGS, ...(debugRanges ? [] : NO_DEBUG_RANGES), '-c', COMPILE_SCRIPT],
    env: { ...interpreter.env, PYTHONHASHSEED: '0' },
    stdin: input,
    signal: stop.signal,
  });
  const reader = frameReader(stream, FRAME_LIMIT);
  const python = readHello(await guarded(() => reader.frame()));
  return {
    ...python,
    send: (path, source) => {
      input.push(sourceHead(path, source.length));
      input.push(source);
    },
    answer: () =>
      guarded(async () => {
        const head = await reader.bytes(5);
        const bytes = head && (await reader.bytes(head.readUInt32BE(1)));
        if (!bytes) throw new Error('it ended early');
        return head[0] === 1 ? { reason: bytes.toString('utf8') } : { pyc: bytes };
      }),
    end: () =>
      guarded(async () => {
        input.end();
        if (await reader.bytes(1)) throw new Error('it wrote more than was asked for');
      }),
    kill: () => {
      stop.abort();
      input.end();
      void reader.return().catch(() => undefined);
    },
  };
}

/** What stands before a source, in one piece: each is a write of its own. */
function sourceHead(path: string, size: number): Uint8Array {
  const name = Buffer.from(`/${path}`);
  const head = Buffer.alloc(name.length + 8);
  head.writeUInt32BE(name.length);
  name.copy(head, 4);
  head.writeUInt32BE(size, name.length + 4);
  return head;
}

const FLAGS = ['-I', '-S', '-B', '-W', 'ignore', '-X', 'utf8'];

/** https://docs.python.org/3/using/cmdline.html#cmdoption-X; a Python that does not know it goes on without. */
const NO_DEBUG_RANGES = ['-X', 'no_debug_ranges'];

async function guarded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw mlcError('MLC5040', { detail }, { cause: error });
  }
}

function readHello(hello: Buffer | undefined): { minor: number; cacheTag: string } {
  const said = hello?.toString('utf8') ?? 'nothing';
  const [name, major, minor, cacheTag = ''] = said.split(' ');
  if (name === 'cpython' && major === '3' && /^cpython-3\d+$/.test(cacheTag))
    return { minor: Number(minor), cacheTag };
  throw mlcError('MLC5041', { path: 'python', detail: `${said} is not CPython 3` });
}
