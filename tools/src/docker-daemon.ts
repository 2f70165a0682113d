import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture, systemPath } from './process.ts';
import { removeMounted } from './remove.ts';

/** A Docker engine to talk to. */
export interface DockerEngine {
  /** The value for DOCKER_HOST; empty where the client's own default answers. */
  readonly host: string;
  /** `20.10.24 (overlay2)` */
  readonly version: string;
  /** Stops what was started here, and removes its folder; nothing when the engine was there before. */
  stop(): Promise<void>;
}

/**
 * Containers here use the host's network, so the engine needs no bridge and no firewall rules,
 * which it may not be allowed to make inside a container or a small virtual machine.
 */
const QUIET_NETWORK = ['--bridge=none', '--iptables=false', '--ip6tables=false'];

/** Overlay does not stand on overlay, as inside a container; vfs is slow and works everywhere. */
const STORAGE = [[], ['--storage-driver=vfs']];

const START_TIMEOUT = 30_000;

/**
 * The Docker engine that answers, or one started for this process with its data in a temporary folder.
 * Rejects with the end of the daemon's log when it does not start.
 */
export async function ensureDocker(signal?: AbortSignal): Promise<DockerEngine> {
  const present = await serverVersion(process.env['DOCKER_HOST']);
  if (present)
    return { host: process.env['DOCKER_HOST'] ?? '', version: present, stop: async () => {} };
  const failures: string[] = [];
  for (const storage of STORAGE) {
    const engine = await start([...QUIET_NETWORK, ...storage], signal);
    if (typeof engine !== 'string') return engine;
    failures.push(engine);
  }
  throw new Error(
    `No Docker engine answers, and dockerd does not start here:\n${failures.join('\n---\n')}`,
  );
}

async function start(
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<DockerEngine | string> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-docker-'));
  const host = `unix://${join(folder, 'docker.sock')}`;
  const daemon = spawnDaemon(folder, host, flags);
  const stop = () => stopDaemon(daemon, folder);
  const version = await answers(daemon, host, signal);
  if (version) return { host, version, stop };
  const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '');
  await stop();
  signal?.throwIfAborted();
  return log.split('\n').slice(-8).join('\n');
}

function spawnDaemon(folder: string, host: string, flags: readonly string[]): ChildProcess {
  const places = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')];
  const daemon = spawn(
    'dockerd',
    ['--host', host, '--pidfile', join(folder, 'pid'), ...places, ...flags],
    {
      env: { ...process.env, PATH: systemPath() },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group: Ctrl-C is for us first, who stop the containers' daemon in order.
      detached: true,
    },
  );
  const log = createWriteStream(join(folder, 'log'));
  daemon.on('error', (error) => log.write(String(error)));
  daemon.stdout?.pipe(log, { end: false });
  daemon.stderr?.pipe(log, { end: false });
  return daemon;
}

async function answers(daemon: ChildProcess, host: string, signal?: AbortSignal): Promise<string> {
  const until = Date.now() + START_TIMEOUT;
  while (
    Date.now() < until &&
    !signal?.aborted &&
    daemon.pid !== undefined &&
    daemon.exitCode === null
  ) {
    const version = await serverVersion(host);
    if (version) return version;
    await sleep(200);
  }
  return '';
}

async function serverVersion(host: string | undefined): Promise<string> {
  const format = '{{.ServerVersion}} ({{.Driver}})';
  const env = { PATH: systemPath(), ...(host ? { DOCKER_HOST: host } : {}) };
  const result = await capture('docker', ['info', '--format', format], { env }).catch(
    () => undefined,
  );
  // The client exits 0 and prints an empty version when no engine answers.
  return result?.code === 0 && /^\d/.test(result.stdout) ? result.stdout.trim() : '';
}

async function stopDaemon(daemon: ChildProcess, folder: string): Promise<void> {
  if (daemon.pid !== undefined && daemon.exitCode === null) {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGTERM');
    const timer = setTimeout(() => daemon.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(timer);
  }
  await removeMounted(folder);
}
