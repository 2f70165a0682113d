import {
  mlcError,
  type ByteStream,
  type ExecPort,
  type ExecRequest,
  type ExecResult,
} from '@mlcontainer/plugin-kit';

import type { Environment } from '../environment.ts';
import { startChild, type Child } from './child.ts';
import { programEnvironment } from './environment.ts';
import { spawnProgram } from './spawn.ts';
import { createTail } from './tail.ts';
import { which } from './which.ts';

const STDERR_LIMIT = 64 * 1024;
const STDOUT_LIMIT = 64 * 1024 * 1024;

type Start = (request: ExecRequest) => Child;

/** How programs are started and stopped. */
export interface ExecOptions {
  /** Where PATH is looked up, and what programs get of it when a request names no environment. */
  readonly env: Environment;
  /** Milliseconds between SIGTERM and SIGKILL when a request is aborted; 5000 when left out. */
  readonly graceMs?: number;
  /** Bytes of standard output that `run` keeps before it gives up with MLC7022; 64 MiB when left out. */
  readonly stdoutLimit?: number;
}

/**
 * Programs of the host, without a shell. Every program leads its own process group; aborting ends the group
 * with SIGTERM, then SIGKILL. Errors: MLC7020 not started, MLC7021 failed (stream only), MLC7022 too much output;
 * the signal's reason when aborted.
 */
export function createExec(options: ExecOptions): ExecPort {
  const env = programEnvironment(options.env);
  const start: Start = (request) => startChild(request, env, options.graceMs ?? 5000);
  return {
    run: (request) => run(request, start, options.stdoutLimit ?? STDOUT_LIMIT),
    stream: (request) => stream(request, start),
    spawn: (request) => spawnProgram(request, env, options.graceMs ?? 5000),
    which: (name) => which(name, options.env),
  };
}

async function run(request: ExecRequest, start: Start, limit: number): Promise<ExecResult> {
  const child = start(request);
  const stderr = createTail(STDERR_LIMIT);
  child.stderr.on('data', stderr.push);
  const out: Uint8Array[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Uint8Array) => {
    size += chunk.byteLength;
    if (size <= limit) out.push(chunk);
    else child.stop();
  });
  const code = await child.exit;
  request.signal.throwIfAborted();
  if (size > limit) throw mlcError('MLC7022', { command: request.command, limit });
  return { code, stdout: Buffer.concat(out), stderr: stderr.text() };
}

async function* stream(request: ExecRequest, start: Start): ByteStream {
  const child = start(request);
  const stderr = createTail(STDERR_LIMIT);
  child.stderr.on('data', stderr.push);
  let complete = false;
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    complete = true;
  } finally {
    if (!complete) child.stop();
    await child.exit;
  }
  request.signal.throwIfAborted();
  const exit = await child.exit;
  if (exit !== 0)
    throw mlcError('MLC7021', { command: request.command, exit, stderr: stderr.text().trim() });
}
