import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's docker-registry on a loopback port. `await using` ends it. */
export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** A folder of the test. */
  readonly folder: string;
  /** Ends it without a word and starts it again, as after a crash. */
  restart(): Promise<void>;
}

/** Where the programs come from that these tests need. */
const INSTALL = 'apt-get install docker-registry skopeo';

export async function startRealRegistry(): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-registry-'));
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  };
  // JSON is YAML.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  let server = await serve(folder, port);
  return {
    host: `127.0.0.1:${port}`,
    folder,
    async restart() {
      await server.kill();
      server = await serve(folder, port);
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(folder: string, port: number) {
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', (cause) =>
      reject(new Error(`docker-registry does not start; ${INSTALL}`, { cause })),
    );
  });
  await Promise.race([answering(port), ended]);
  return {
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('docker-registry does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** What skopeo prints. */
export async function skopeo(...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('skopeo', [...args], { maxBuffer: 1024 * 1024 });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`skopeo is missing; ${INSTALL}`, { cause: error });
  }
}
