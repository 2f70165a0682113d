import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a client in a process of its own does: it pushes an image, or copies one into a layout. */
export interface Job {
  /** Give the largest blob slowly, about a second for it, so that others end while it is on its way. */
  readonly slowly?: boolean;
  readonly registry: string;
  readonly repository: string;
  /** Of the layers. Bytes. */
  readonly sizes: readonly number[];
  readonly tag?: string;
  readonly chunkBytes?: number;
  /** The folder that is copied to. */
  readonly layout?: string;
}

const CLIENT = join(import.meta.dirname, 'client-process.ts');

/** Starts a client, under a program that watches it where one is given. */
export function startClient(job: Job, under: readonly string[] = []): ChildProcess {
  const node = [process.execPath, '--conditions=@mlcontainer/source', CLIENT, JSON.stringify(job)];
  const [program = '', ...args] = [...under, ...node];
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
}

/** How a client ended: its exit code, or null where a signal ended it. */
export async function endOfClient(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }> {
  const [out, errors]: [string[], string[]] = [[], []];
  child.stdout?.on('data', (text: Buffer) => out.push(text.toString()));
  child.stderr?.on('data', (text: Buffer) => errors.push(text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: out.join(''), errors: errors.join('') };
}
