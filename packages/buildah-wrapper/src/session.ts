import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { confined, type Confinement, type Rights } from './confine.ts';
import { neverAborted, searchPath, type BuildahContext } from './programs.ts';

/** How layers are stored while a step runs. */
export type StorageDriver = 'overlay' | 'vfs';

/** What one buildah run in a folder of its own is set up with. */
export interface SessionOptions {
  readonly folder: string;
  readonly rights: Rights;
  readonly driver: StorageDriver;
}

/** buildah with storage, configuration and temporary files in one folder, and nothing outside it. */
export interface Session {
  readonly folder: string;
  /** Runs a command of buildah without network. Throws MLC8506. Returns its standard output. */
  call(args: readonly string[]): Promise<string>;
  /** Runs it with its output given line by line, and returns its exit code. */
  follow(
    args: readonly string[],
    network: Confinement['network'],
    onLine: (line: string) => void,
  ): Promise<number>;
  /** Empties the folder, also of files that belong to subordinate ids. */
  clear(): Promise<void>;
}

/** The images are ours, from a folder that we wrote; no registry is asked. */
const POLICY = '{"default":[{"type":"insecureAcceptAnything"}]}\n';

/** Opens a session in an empty folder. */
export async function openSession(options: SessionOptions, cx: BuildahContext): Promise<Session> {
  const { folder, rights, driver } = options;
  const at = (name: string): string => join(folder, name);
  for (const name of ['home', 'tmp', 'scratch', 'networks']) await mkdir(at(name));
  await writeFile(at('policy.json'), POLICY);
  await writeFile(at('registries.conf'), '');
  await writeFile(at('storage.conf'), `[storage]\ndriver = "${driver}"\n`);
  await writeFile(at('containers.conf'), containersConf(at('networks')));
  const env = environment(folder, cx);
  const line = (args: readonly string[], network: Confinement['network']) => {
    const argv = ['buildah', ...globalFlags(folder, driver), ...args];
    const [command = '', ...rest] = confined({ rights, network }, at('scratch'), argv);
    return { command, args: rest, env, cwd: folder };
  };
  return {
    folder,
    call: async (args) => {
      const ran = await cx.ports.exec.run({ ...line(args, 'none'), signal: cx.signal });
      if (ran.code === 0) return new TextDecoder().decode(ran.stdout).trim();
      const detail = ran.stderr.trim().split('\n').slice(-5).join('\n');
      throw mlcError('MLC8506', { phase: args[0] ?? '', exit: ran.code, detail });
    },
    follow: async (args, network, onLine) => {
      const request = { ...line(args, network), signal: cx.signal };
      const program = await cx.ports.exec.spawn({ ...request, onLine: (_, text) => onLine(text) });
      const code = await program.exited;
      cx.signal.throwIfAborted();
      return code;
    },
    clear: () => clear(options, cx),
  };
}

function globalFlags(folder: string, driver: StorageDriver): readonly string[] {
  const at = (name: string): string => join(folder, name);
  return [
    ...['--root', at('storage'), '--runroot', at('state'), '--storage-driver', driver],
    ...['--registries-conf', at('registries.conf'), '--short-name-alias-conf', at('aliases.conf')],
  ];
}

/** Of the user's environment only where programs are found, and proxies, which a declared network may need. */
function environment(folder: string, { env }: BuildahContext): Record<string, string> {
  const at = (name: string): string => join(folder, name);
  const proxies = Object.entries(env).filter(
    (pair): pair is [string, string] =>
      pair[1] !== undefined && /^(?:https?|no)_proxy$/i.test(pair[0]),
  );
  return {
    ...Object.fromEntries(proxies),
    PATH: searchPath(env),
    HOME: at('home'),
    XDG_RUNTIME_DIR: at('home'),
    TMPDIR: at('tmp'),
    LC_ALL: 'C.UTF-8',
    CONTAINERS_CONF: at('containers.conf'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
  };
}

function containersConf(networks: string): string {
  return `[containers]\ndefault_ulimits = []\n[network]\nnetwork_config_dir = ${JSON.stringify(networks)}\n`;
}

/** In the same namespaces, for in a user namespace the files of a step belong to ids that only it may remove. */
async function clear({ folder, rights }: SessionOptions, cx: BuildahContext): Promise<void> {
  const scratch = join(folder, 'scratch');
  const names = ['storage', 'state', 'tmp'].map((name) => join(folder, name));
  const argv = ['rm', '-rf', '--', ...names];
  const [command = '', ...args] = confined({ rights, network: 'none' }, scratch, argv);
  const env = environment(folder, cx);
  await cx.ports.exec.run({ command, args, env, cwd: folder, signal: neverAborted() });
}
