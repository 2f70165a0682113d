import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  capture,
  freePort,
  output,
  ROOT,
  startRealRegistry,
  type Captured,
  type RealRegistry,
} from '@mlcontainer/tools';
import { makeAuthority, makeCertificate } from './certificates.ts';
import { mlcontainer } from './cli.ts';
import { layCable, type Cable } from './network.ts';
import { sharedNode } from './node.ts';
import { startProxy, type Proxy } from './squid.ts';
import type { World } from './world.ts';

/** Nobody: there is no passwd entry for it. */
export const UID = 1_002_440_000;

const LOGIN = { user: 'robot', password: 'pässword+/' };
const REGISTRY = 'registry.locked.test';
const INDEX = 'index.locked.test';
const DEBIAN = 'debian.locked.test';

/**
 * A CI that trusts nobody: an unknown user without rights on a read-only machine with one writable folder, and a
 * network with nothing in it but a proxy that wants a password and opens TLS with its own CA.
 */
export interface LockedDown {
  readonly cable: Cable;
  readonly proxy: Proxy;
  readonly registry: RealRegistry;
  /** As the builds name it. */
  readonly repository: string;
  /** The one writable folder. */
  readonly writable: string;
  /** A new folder in it, which belongs to the user. */
  folder(name: string): Promise<string>;
  /** The command line, within the walls. */
  cli(
    args: readonly string[],
    cwd: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<Captured>;
  /** Any program, within the walls. */
  program(command: string, args: readonly string[]): Promise<Captured>;
  /** The digest behind a tag, as skopeo finds it from outside. */
  pushedDigest(tag: string): Promise<string>;
  remove(): Promise<void>;
}

export async function lockDown(world: World, subnet: number): Promise<LockedDown> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-locked-'));
  await chmod(folder, 0o755);
  const writable = join(folder, 'writable');
  const home = join(folder, 'home');
  await mkdir(writable);
  await mkdir(home);
  await output('chown', [String(UID), writable]);
  const inside = await makeAuthority(folder, 'company');
  const outside = await makeAuthority(folder, 'registry');
  const tls = await makeCertificate(folder, outside, [REGISTRY]);
  const registry = await startRealRegistry({ folder: join(folder, 'registry'), tls, login: LOGIN });
  const cable = await layCable(subnet);
  const proxy = await startProxy({
    ...{ folder: join(folder, 'squid'), host: cable.host, port: await freePort() },
    ...{ authority: inside, behind: outside.cert },
    names: { [REGISTRY]: '127.0.0.1', [INDEX]: '127.0.0.1', [DEBIAN]: '127.0.0.1' },
  });
  const host = `${REGISTRY}:${registry.port}`;
  const trusted = join(folder, 'trusted.pem');
  await cp(inside.cert, trusted);
  const settings = {
    ...mirrorsByName(world),
    ...{ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, http_proxy: proxy.url },
    ...{ SSL_CERT_FILE: trusted, DOCKER_CONFIG: await dockerConfig(folder, host) },
    MLCONTAINER_CACHE_DIR: join(writable, 'store'),
  };
  const confine = join(folder, 'confine.py');
  await cp(join(ROOT, 'e2e', 'python', 'confine.py'), confine);
  const walls = [...cable.through, 'python3', confine, String(UID), writable, home];
  const node = await sharedNode(world);
  return {
    ...{ cable, proxy, registry, writable, repository: `${host}/team/diabetes` },
    folder: async (name) => {
      const made = join(writable, name);
      await mkdir(made);
      await output('chown', [String(UID), made]);
      return made;
    },
    cli: (args, cwd, env) =>
      mlcontainer(world, args, { cwd, node, through: walls, env: { ...settings, ...env } }),
    program: (command, args) => {
      const [first = '', ...rest] = walls;
      return capture(first, [...rest, command, ...args], { cwd: writable });
    },
    pushedDigest: async (tag) => {
      const image = `docker://127.0.0.1:${registry.port}/team/diabetes:${tag}`;
      const creds = `--creds=${LOGIN.user}:${LOGIN.password}`;
      const args = ['inspect', '--tls-verify=false', creds, '--format', '{{.Digest}}', image];
      return (await output('skopeo', args)).trim();
    },
    remove: async () => {
      await proxy.stop();
      await registry.stop();
      await cable.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The mirrors under names that the proxy alone can resolve. */
function mirrorsByName({ mirrors }: World): Record<string, string> {
  const named = Object.entries(mirrors).map(([key, value]) => {
    const name = key.startsWith('MLCONTAINER_DEBIAN') ? DEBIAN : INDEX;
    return [key, value.replace('127.0.0.1', name)];
  });
  return Object.fromEntries(named) as Record<string, string>;
}

async function dockerConfig(folder: string, host: string): Promise<string> {
  const config = join(folder, 'docker');
  await mkdir(config);
  const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  return config;
}
