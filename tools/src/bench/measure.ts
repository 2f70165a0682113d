import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { watchMemory } from './memory.ts';

/** One measured run of a program and everything it started. */
export interface Measured {
  readonly seconds: number;
  /** Bytes; see {@link watchMemory}. 0 where it was not watched. */
  readonly memory: number;
  /** Seconds of it for the base image, where one is pulled. */
  readonly base?: number;
}

/** What a run is measured for; watching memory takes CPU time of its own, so never both at once. */
export type Aspect = 'time' | 'memory';

/** How a measured program is started. */
export interface MeasureOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly aspect: Aspect;
  readonly signal: AbortSignal;
}

/** Runs a program to its end and measures it. Rejects with its output when it fails. */
export async function measure(
  command: string,
  args: readonly string[],
  { cwd, env, aspect, signal }: MeasureOptions,
): Promise<Measured> {
  const started = performance.now();
  const child = spawn(command, args, {
    ...(cwd ? { cwd } : {}),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const watch = aspect === 'memory' ? watchMemory(child.pid ?? -1) : undefined;
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('exit', resolve),
  );
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = (performance.now() - started) / 1000;
  const memory = (await watch?.stop()) ?? 0;
  if (code !== 0)
    throw new Error(
      `${command} ${args.join(' ')} failed:\n${stdout.slice(-2000)}${stderr.slice(-4000)}`,
    );
  return { seconds, memory };
}

/** The sum of runs that belong together: time adds up, memory does not. */
export function together(...runs: readonly Measured[]): Measured {
  return {
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
    memory: Math.max(...runs.map(({ memory }) => memory)),
  };
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
