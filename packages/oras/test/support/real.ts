import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startDockerRegistry } from '@mlcontainer/testing';

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

/** Where it comes from. */
const INSTALL = 'apt-get install skopeo';

export async function startRealRegistry(): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-registry-'));
  const registry = await startDockerRegistry(folder);
  return {
    host: registry.host,
    folder,
    async restart() {
      await registry.kill();
      await registry.start();
    },
    async [Symbol.asyncDispose]() {
      await registry.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
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
