import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

import { mlcError, type ByteStream, type ExecRequest } from '@mlcontainer/plugin-kit';

/** A program that runs: its pipes, and how it ends. */
export interface Child {
  /** Undefined where it never started; `exit` rejects then. */
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves to the exit code, 128 + signal number where a signal ended it; rejects with MLC7020 where it never started. */
  readonly exit: Promise<number>;
  /** Ends the whole process group: SIGTERM, and SIGKILL when it is still there after the grace time. */
  stop(): void;
}

type Spawned = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts a program as the leader of its own process group, so that its own children end with it. */
export function startChild(
  request: ExecRequest,
  env: Record<string, string>,
  graceMs: number,
  input?: ByteStream,
): Child {
  request.signal.throwIfAborted();
  const child = spawnProgram(request, env);
  const fed = feed(child.stdin, input ?? request.stdin);
  const stop = stopper(child, graceMs);
  request.signal.addEventListener('abort', stop.begin, { once: true });
  const code = ended(child, request);
  // A program may end before its input does.
  const exit = Promise.all([code, Promise.race([fed, code])])
    .then(([code]) => code)
    .finally(() => {
      stop.done();
      request.signal.removeEventListener('abort', stop.begin);
    });
  exit.catch(() => undefined);
  return { pid: child.pid, stdout: child.stdout, stderr: child.stderr, exit, stop: stop.begin };
}

function spawnProgram(request: ExecRequest, env: Record<string, string>): Spawned {
  try {
    return spawn(request.command, [...request.args], {
      env: request.env ?? env,
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
  } catch (error) {
    throw startError(error, request);
  }
}

/** Rejects only with an error of the input itself, and ends the program's input then. */
async function feed(stdin: Writable, input: Uint8Array | ByteStream | undefined): Promise<void> {
  // A program may end before it has read all: its exit code tells, not the broken pipe.
  stdin.on('error', () => undefined);
  if (input === undefined || input instanceof Uint8Array) {
    stdin.end(input ?? '');
    return;
  }
  try {
    for await (const chunk of input) {
      if (stdin.destroyed) break;
      if (!stdin.write(chunk)) await drained(stdin);
    }
  } finally {
    stdin.end();
  }
}

/** Until there is room again, or nobody is left to read. */
function drained(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off('drain', done).off('close', done);
      resolve();
    };
    stdin.once('drain', done).once('close', done);
    if (stdin.destroyed) done();
  });
}

function ended(child: Spawned, request: ExecRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(startError(error, request)));
    child.once('close', (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  });
}

function startError(error: unknown, request: ExecRequest): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const detail =
    code === 'ENOENT' && !isFolder(request.cwd)
      ? `the folder ${request.cwd ?? ''} is missing`
      : message;
  return mlcError('MLC7020', { command: request.command, detail }, { cause: error });
}

function isFolder(path: string | undefined): boolean {
  return path === undefined || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

function stopper(child: Spawned, graceMs: number): { begin: () => void; done: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    if (timer !== undefined || child.pid === undefined) return;
    killGroup(child.pid, 'SIGTERM');
    timer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), graceMs);
  };
  return { begin, done: () => clearTimeout(timer) };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // ESRCH: it ended by itself a moment ago.
  }
}
