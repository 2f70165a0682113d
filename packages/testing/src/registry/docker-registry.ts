import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Debian's docker-registry (distribution 2.8) on a loopback port; `await using` ends it. */
export interface DockerRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:49152` */
  readonly origin: string;
  /** `127.0.0.1:49152` */
  readonly host: string;
  /** Kills it (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again on the same port and storage. */
  start(): Promise<void>;
}

/** Starts the program `docker-registry` with its storage in a folder. Throws with the remedy where it is not installed. */
export async function startDockerRegistry(folder: string): Promise<DockerRegistry> {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(configuration(folder, port)));
  const origin = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  };
  const start = async (): Promise<void> => {
    child = await spawnRegistry(config);
    await untilItAnswers(origin, child);
  };
  await start();
  return { origin, host: `127.0.0.1:${port}`, kill, start, [Symbol.asyncDispose]: kill };
}

function configuration(folder: string, port: number): object {
  return {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  };
}

async function spawnRegistry(config: string): Promise<ChildProcess> {
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Error('docker-registry is needed here: apt-get install docker-registry', { cause });
  }
  return child;
}

async function untilItAnswers(origin: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const isUp = await fetch(`${origin}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await sleep(25);
  }
  throw new Error('docker-registry does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
