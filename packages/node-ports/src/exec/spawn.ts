import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import type { SpawnRequest, SpawnedProgram } from '@mlcontainer/plugin-kit';

import { startChild } from './child.ts';

/** Starts a program that is not waited for; see `ExecPort.spawn`. */
export async function spawnProgram(
  request: SpawnRequest,
  env: Record<string, string>,
  graceMs: number,
): Promise<SpawnedProgram> {
  const { input, onLine = () => undefined } = request;
  const child = startChild(request, env, graceMs, input);
  const lines = Promise.all([
    readLines(child.stdout, (line) => onLine('stdout', line)),
    readLines(child.stderr, (line) => onLine('stderr', line)),
  ]);
  const { pid } = child;
  if (pid === undefined) await child.exit;
  const exited = Promise.all([child.exit, lines]).then(([code]) => code);
  exited.catch(() => undefined);
  return { exited, kill: (signal, whom) => send(pid ?? 0, signal, whom) };
}

async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}

function send(pid: number, signal: NodeJS.Signals, whom: 'program' | 'group'): void {
  try {
    process.kill(whom === 'group' && process.platform !== 'win32' ? -pid : pid, signal);
  } catch {
    // ESRCH: it ended by itself a moment ago.
  }
}
