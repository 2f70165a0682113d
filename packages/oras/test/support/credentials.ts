import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { createClock, createExec, createHttp } from '@mlcontainer/node-ports';
import type { ClockPort } from '@mlcontainer/plugin-kit';
import { onTestFinished } from 'vitest';

import { createCredentialStore, type CredentialStoreOptions } from '../../src/index.ts';
import type { CredentialStore } from '../../src/credential.ts';

export const signal: AbortSignal = new AbortController().signal;

/** A machine of its own for one test: a HOME, a PATH, and nobody's settings. */
export interface Machine {
  readonly home: string;
  readonly env: Record<string, string>;
  /** Writes a file below HOME; gives its path. */
  write(path: string, content: unknown): Promise<string>;
  /** A credential helper as a shell script; each run appends to `<name>.log`. */
  helper(name: string, script: string): Promise<void>;
  /** How often a helper ran, and for what. */
  runs(name: string): Promise<string[]>;
  store(options?: Partial<CredentialStoreOptions>, clock?: ClockPort): CredentialStore;
}

export async function machine(): Promise<Machine> {
  const home = await mkdtemp(join(tmpdir(), 'mlcontainer-credentials-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const bin = join(home, 'bin');
  // The address of the metadata server is one where nobody answers, so that no test depends on the machine.
  const env: Record<string, string> = {
    HOME: home,
    PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin`,
    GCE_METADATA_HOST: '127.0.0.1:1',
  };
  await mkdir(bin);
  const write = async (path: string, content: unknown): Promise<string> => {
    const file = join(home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  return {
    ...{ home, env, write },
    async helper(name, script) {
      const log = join(home, `${name}.log`);
      const text = `#!/bin/sh\nread -r server\necho "$1 $server" >> '${log}'\n${script}\n`;
      await chmod(await write(join('bin', `docker-credential-${name}`), text), 0o755);
    },
    async runs(name) {
      const text = await readFile(join(home, `${name}.log`), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
    store(options = {}, clock = createClock()) {
      const http = createHttp({ env, clock, retry: { attempts: 1 } });
      onTestFinished(() => http.close());
      const ports = { http, exec: createExec({ env }), clock };
      return createCredentialStore({ env, ports, uid: 4_000_000, ...options });
    },
  };
}

/** An entry of `auths`. */
export function login(username: string, password: string): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}
