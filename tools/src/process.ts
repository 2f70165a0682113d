import { spawn, type SpawnOptions } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';

/** How a program of the host is started. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Milliseconds, after which the program is killed. */
  readonly timeout?: number;
}

/** What a program left behind; `code` is 128 plus the signal's number when it was killed. */
export interface Captured {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that ended with another exit code than 0. */
export class ProgramFailed extends Error {
  readonly result: Captured;

  constructor(command: string, args: readonly string[], result: Captured) {
    const line = [command, ...args].join(' ').slice(0, 400);
    super(`${line}\nended with exit code ${result.code}\n${result.stdout}${result.stderr}`.trim());
    this.name = 'ProgramFailed';
    this.result = result;
  }
}

function spawnOptions(options: RunOptions, stdio: SpawnOptions['stdio']): SpawnOptions {
  return {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    env: { ...process.env, ...options.env },
    stdio,
  };
}

/** Runs a program on this terminal and gives its exit code. Rejects when it cannot be started. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  const child = spawn(command, args, spawnOptions(options, ['ignore', 'inherit', 'inherit']));
  return await exitCode(child);
}

/** Runs a program to its end and gives what it printed, whatever its exit code. Rejects when it cannot be started. */
export async function capture(
  command: string,
  args: readonly string[],
  options: RunOptions & { readonly input?: string } = {},
): Promise<Captured> {
  const child = spawn(command, args, spawnOptions(options, ['pipe', 'pipe', 'pipe']));
  const ended = exitCode(child);
  // A program that ends before it has read its input closes the pipe; its exit code says what happened.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const [code, stdout, stderr] = await Promise.all([
    ended,
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  return { code, stdout, stderr };
}

/** The standard output of a program that must succeed. Rejects with {@link ProgramFailed}. */
export async function output(
  command: string,
  args: readonly string[],
  options: RunOptions & { readonly input?: string } = {},
): Promise<string> {
  const result = await capture(command, args, options);
  if (result.code !== 0) throw new ProgramFailed(command, args, result);
  return result.stdout;
}

/** Like {@link output}, for bytes. */
export async function outputBytes(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Buffer> {
  const child = spawn(command, args, spawnOptions(options, ['ignore', 'pipe', 'pipe']));
  const [code, stdout, stderr] = await Promise.all([
    exitCode(child),
    child.stdout ? buffer(child.stdout) : Buffer.alloc(0),
    child.stderr ? text(child.stderr) : '',
  ]);
  if (code !== 0) throw new ProgramFailed(command, args, { code, stdout: '', stderr });
  return stdout;
}

/** Whether a program is on PATH. */
export async function isOnPath(program: string): Promise<boolean> {
  const found = await capture('sh', ['-c', 'command -v -- "$1"', 'sh', program], {
    env: { PATH: systemPath() },
  });
  return found.code === 0;
}

/** PATH with the folders of system programs, which a user's PATH often lacks. */
export function systemPath(): string {
  return [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(':');
}

async function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
