import { runCli } from './cli.ts';
import type { Compiled } from './compiled.ts';
import type { CliIo, Output } from './context.ts';
import { coded } from './errors/coded.ts';
import { renderError } from './errors/render.ts';
import { interruptible } from './interrupt.ts';
import { leanStart, toldStages } from './lean.ts';
import { isCi, isLive } from './session.ts';
import { makeStyle } from './term/style.ts';

/** What the start of the process does for the rest of it. */
export interface Start {
  /** Keeps what is compiled of the program, by what the run did. */
  readonly keepCode: Compiled['keep'] | undefined;
  /** `import()` of a URL. */
  readonly importModule: (url: string) => Promise<object>;
}

/** The process: its streams, signals and exit code. */
export async function main({ keepCode, importModule }: Start): Promise<void> {
  ignoreBrokenPipe(process.stdout);
  ignoreBrokenPipe(process.stderr);
  expectTheUnexpected();
  const { signal, done } = interruptible(process);
  const did: string[] = [];
  const onDone = (what: string): void => void did.push(what);
  const code = await runCli({ ...processIo(signal), onDone, importModule });
  done();
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // A word that was no command is not worth a file.
  if (code === 0 || did.length > 0) keepCode?.(did.join(' '));
  // Nothing that a plugin left open may keep the process.
  process.exit(code);
}

/** However the process ends: the terminal gets its cursor back, and a stray error is told like any other. */
function expectTheUnexpected(): void {
  const { stderr, env } = process;
  process.on('exit', () => {
    if (isLive({ stderr: outputOf(stderr), env })) stderr.write('\u001b[?25h');
  });
  process.on('uncaughtException', (cause) => {
    const options = { style: makeStyle(false), cwd: process.cwd(), width: 80, debug: true };
    stderr.write(`\n${renderError(coded(cause), options)}\n`);
    process.exit(1);
  });
}

function processIo(signal: AbortSignal): CliIo {
  const { env } = process;
  // Standard input last: to look at it is to open it, which takes 12 ms.
  const isPerson = !isCi(env) && process.stderr.isTTY && process.stdin.isTTY;
  return {
    argv: process.argv.slice(2),
    env,
    cwd: process.cwd(),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    ask: isPerson ? (question) => ask(question, signal) : undefined,
    now: () => Number(process.hrtime.bigint()) / 1e6,
    signal,
    loadEngine: () => import('@mlcontainer/core'),
    mapStacks: () => process.setSourceMapsEnabled(true),
    becomeLean: leanStart(process) === undefined || !process.execve ? undefined : becomeLean,
    toldStages: toldStages(env),
  };
}

/** Nothing of this process goes on but its id, its terminal and its place. */
function becomeLean(told: number): void {
  const lean = leanStart(process, told);
  if (lean !== undefined) process.execve?.(process.execPath, lean.args, lean.env);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns || 80;
    },
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}

/** `mlcontainer plan | head` ends when nobody reads any more. */
function ignoreBrokenPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
