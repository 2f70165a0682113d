import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What a task gets: a signal for Ctrl-C, and a place for what must be undone. */
export interface TaskContext {
  readonly signal: AbortSignal;
  readonly args: readonly string[];
  /** Undone in reverse order when the task ends, however it ends. */
  readonly onEnd: (undo: () => Promise<void>) => void;
}

/**
 * Runs a task of this repository: its number becomes the exit code, and an error is printed without a stack.
 * On Ctrl-C the signal is aborted, what was started is undone, and the exit code is 130.
 */
export async function task(body: (context: TaskContext) => Promise<number>): Promise<void> {
  const interrupt = new AbortController();
  const undos: (() => Promise<void>)[] = [];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => interrupt.abort(new Error(`Stopped by ${name}.`)));
  const context = {
    signal: interrupt.signal,
    args: process.argv.slice(2),
    onEnd: (undo: () => Promise<void>) => void undos.push(undo),
  };
  let code = await body(context).catch((error: unknown) => report(error));
  for (const undo of undos.toReversed())
    await undo().catch((error: unknown) => (code = report(error)));
  process.exitCode = interrupt.signal.aborted ? 130 : code;
}

function report(error: unknown): number {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
