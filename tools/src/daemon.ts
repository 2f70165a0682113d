import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemPath } from './process.ts';

/** A server that a test started. */
export interface Daemon {
  /** Ends it by its process id, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Where a server will listen. */
export interface Listening {
  readonly host: string;
  readonly port: number;
}

const START = 20_000;

/** Starts a server and waits until it takes connections. Rejects with what it printed when it does not. */
export async function startDaemon(
  command: string,
  args: readonly string[],
  { host, port }: Listening,
): Promise<Daemon> {
  const child = spawn(command, args, {
    env: { PATH: systemPath() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    await ended;
  };
  const until = Date.now() + START;
  while (!(await answers(host, port))) {
    if (child.exitCode === null && Date.now() < until) await sleep(50);
    else {
      await stop('SIGKILL');
      throw new Error(`${command} does not listen on ${host}:${port}. It said:\n${said.join('')}`);
    }
  }
  return { stop };
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
