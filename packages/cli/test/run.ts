import { runCli } from '../src/cli.ts';
import type { CliIo, Output } from '../src/context.ts';
import type { Engine } from '../src/engine.ts';
import { fakeEngine } from './fake-engine.ts';

/** What a test gives to the tool in place of a process. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly cwd?: string;
  readonly engine?: Engine;
  readonly ask?: (question: string) => Promise<string>;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function mlc(line: string, options: RunOptions = {}): Promise<RunResult> {
  const { env = {}, tty = false, cwd = '/project', engine = fakeEngine(), ask, signal } = options;
  const stdout = recorded(tty);
  const stderr = recorded(tty);
  let time = 0;
  const io: CliIo = {
    argv: line.split(' ').filter((word) => word !== ''),
    env,
    cwd,
    stdout,
    stderr,
    ask,
    now: () => (time += 10),
    signal: signal ?? new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  };
  const code = await runCli(io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** An output that keeps what is written to it. */
export function recorded(isTTY: boolean, columns = 100): Output & { text: () => string } {
  let text = '';
  return {
    isTTY,
    columns,
    text: () => text,
    write: (more) => {
      text += more;
    },
  };
}
