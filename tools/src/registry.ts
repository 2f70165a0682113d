import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from './process.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { freePort } from './free-port.ts';

/** A certificate and its key, PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Debian's docker-registry on the loopback interface, with its blobs in a folder. */
export interface RealRegistry extends Daemon {
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly host: string;
}

export interface RealRegistryOptions {
  readonly folder: string;
  readonly port?: number;
  readonly tls?: KeyPair;
  /** Who may come in; everybody when left out. */
  readonly login?: { readonly user: string; readonly password: string };
}

export async function startRealRegistry(options: RealRegistryOptions): Promise<RealRegistry> {
  const { folder, port = await freePort() } = options;
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'config.yml');
  await writeFile(config, JSON.stringify(await configuration(options, port)));
  const listening = { host: '127.0.0.1', port };
  const daemon = await startDaemon('docker-registry', ['serve', config], listening);
  return { ...daemon, port, host: `127.0.0.1:${port}` };
}

/** JSON is YAML. */
async function configuration({ folder, tls, login }: RealRegistryOptions, port: number) {
  const auth = login === undefined ? {} : { auth: await passwordFile(folder, login) };
  const secured =
    tls === undefined ? {} : { tls: { certificate: tls.cert, key: tls.key, minimumtls: 'tls1.2' } };
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: true },
    },
    http: { addr: `127.0.0.1:${port}`, ...secured },
    ...auth,
  };
}

const HASH = `
import crypt, sys
print(sys.argv[1] + ':' + crypt.crypt(sys.argv[2], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))
`;

async function passwordFile(folder: string, login: { user: string; password: string }) {
  const path = join(folder, 'htpasswd');
  const args = ['-W', 'ignore', '-c', HASH, login.user, login.password];
  await writeFile(path, await output('python3', args));
  return { htpasswd: { realm: 'test', path } };
}
