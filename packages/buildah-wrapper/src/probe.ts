import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMlcError } from '@mlcontainer/plugin-kit';
import type { Rights } from './confine.ts';
import { BUILDAH_MINIMUM, machineFacts, type MachineFact } from './facts.ts';
import { findProgram, privateFolders, searchPath, type BuildahContext } from './programs.ts';
import type { BuildahWay } from './run.ts';
import { openSession, type StorageDriver } from './session.ts';

/** Whether and how steps run on this machine. */
export interface BuildahProbe {
  readonly works: boolean;
  /** Where it works: with whose rights, and over which storage. */
  readonly way?: BuildahWay;
  readonly path?: string;
  readonly version?: string;
  /** Too old to be used. */
  readonly tooOld?: boolean;
  /** What was looked at, buildah itself first. */
  readonly facts: readonly MachineFact[];
  /** What to do where it does not work. */
  readonly remedy?: string;
}

const DRIVERS: readonly StorageDriver[] = ['overlay', 'vfs'];

/**
 * Asks what this machine allows, and then really runs a command in a container in a folder of the store: without
 * network, in a chroot, over overlay storage where that can be mounted and plain copies (vfs) where it cannot. Leaves
 * nothing behind. Never throws for what a machine lacks; that stands in the facts.
 */
export async function probeBuildah(cx: BuildahContext): Promise<BuildahProbe> {
  if (process.platform !== 'linux') return foreign();
  const programs = await programFacts(cx);
  const { version, path } = programs;
  const found = {
    ...(path === undefined ? {} : { path }),
    ...(version === undefined ? {} : { version }),
  };
  const facts = [...programs.facts, ...(await machineFacts(cx))];
  const tooOld = version !== undefined && isOlder(version, BUILDAH_MINIMUM);
  if (programs.facts.some(({ status }) => status === 'missing') || tooOld)
    return { works: false, ...found, tooOld, facts, ...remedyOf(facts) };
  const rights: Rights = process.getuid?.() === 0 ? 'root' : 'user-namespace';
  const tries: MachineFact[] = [];
  for (const driver of DRIVERS) {
    const failure = await tryRun(cx, { rights, driver });
    tries.push(tryFact(driver, failure));
    if (failure === undefined)
      return { works: true, way: { rights, driver }, ...found, facts: [...facts, ...tries] };
  }
  const all = [...facts, ...tries];
  return { works: false, ...found, facts: all, ...remedyOf(all) };
}

function foreign(): BuildahProbe {
  const detail = `steps need Linux, this is ${process.platform}`;
  const remedy = 'Build on Linux, or in a Linux container.';
  return { works: false, facts: [{ name: 'system', status: 'missing', detail, remedy }], remedy };
}

interface ProgramFacts {
  readonly facts: readonly MachineFact[];
  readonly path?: string;
  readonly version?: string;
}

async function programFacts(cx: BuildahContext): Promise<ProgramFacts> {
  const path = await findProgram(cx, 'buildah');
  const others: MachineFact[] = [];
  for (const name of ['unshare', 'sh', 'mount']) {
    if ((await findProgram(cx, name)) !== undefined) continue;
    const remedy = 'Install util-linux and a POSIX shell.';
    others.push({ name, status: 'missing', detail: 'not installed', remedy });
  }
  if (path === undefined) return { facts: [notInstalled(), ...others] };
  // Even this makes folders: in a home, and where temporary files go.
  const { code, stdout, stderr } = await cx.ports.store.withTemp((folder) =>
    cx.ports.exec.run({
      command: path,
      args: ['--version'],
      env: { ...privateFolders(folder), PATH: searchPath(cx.env), LC_ALL: 'C.UTF-8' },
      signal: cx.signal,
    }),
  );
  const text = new TextDecoder().decode(stdout);
  const version = /version (\d+(?:\.\d+)+)/.exec(text)?.[1];
  if (code !== 0 || version === undefined) {
    const detail = `${path} does not start: ${stderr.trim().split('\n').at(-1) ?? ''}`;
    return { path, facts: [{ name: 'buildah', status: 'missing', detail }, ...others] };
  }
  return { path, version, facts: [versionFact(path, version), ...others] };
}

function notInstalled(): MachineFact {
  const remedy = `Install buildah ${BUILDAH_MINIMUM} or newer (Debian: apt-get install buildah uidmap).`;
  return { name: 'buildah', status: 'missing', detail: 'not installed', remedy };
}

function versionFact(path: string, version: string): MachineFact {
  if (!isOlder(version, BUILDAH_MINIMUM))
    return { name: 'buildah', status: 'ok', detail: `${version} (${path})` };
  const detail = `${version} (${path}) is older than ${BUILDAH_MINIMUM}`;
  const remedy = `Install buildah ${BUILDAH_MINIMUM} or newer.`;
  return { name: 'buildah', status: 'missing', detail, remedy };
}

function isOlder(version: string, than: string): boolean {
  const [a = [], b = []] = [version, than].map((text) => text.split('.').map(Number));
  const at = b.findIndex((part, index) => part !== (a[index] ?? 0));
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** Runs the host's own `true` in an empty container; undefined when it worked, else the reason. */
async function tryRun(cx: BuildahContext, way: BuildahWay): Promise<string | undefined> {
  try {
    return await cx.ports.store.withTemp(async (folder) => {
      const session = await openSession({ folder, ...way }, cx);
      try {
        const policy = ['--signature-policy', 'policy.json'];
        await session.call([
          'from',
          '--quiet',
          ...policy,
          '--dns',
          'none',
          '--name',
          'probe',
          'scratch',
        ]);
        await mkdir(join(folder, 'input'));
        const lines: string[] = [];
        const exit = await session.follow(probeArgs(folder), 'none', (line) => lines.push(line));
        return exit === 0 ? undefined : reasonOf(lines, exit);
      } finally {
        await session.clear();
      }
    });
  } catch (error) {
    cx.signal.throwIfAborted();
    if (isMlcError(error) && error.code === 'MLC8506')
      return lastLine(String(error.data['detail']));
    return error instanceof Error ? error.message : String(error);
  }
}

/** The host's own shell and tools, in an empty root; owners are set, too, for that is where a single mapped id fails. */
function probeArgs(folder: string): readonly string[] {
  const system = ['/usr', '/bin', '/lib', '/lib64', '/nix/store'].filter((path) =>
    existsSync(path),
  );
  return [
    ...[
      'run',
      '--isolation',
      'chroot',
      '--network',
      'host',
      '--no-hosts',
      '--user',
      '0:0',
      '--env',
      'PATH=/usr/bin:/bin:/usr/sbin:/sbin',
    ],
    ...system.flatMap((path) => ['--volume', `${path}:${path}:ro`]),
    ...['--volume', `${join(folder, 'input')}:/run/mlcontainer/input:ro`],
    ...['probe', '--', '/bin/sh', '-ec', PROBE],
  ];
}

const PROBE = `
if grep -qv ^Iface /proc/net/route; then echo 'the network is still there' >&2; exit 3; fi
mkdir /probe
chown 1:1 /probe
`;

function tryFact(driver: StorageDriver, failure: string | undefined): MachineFact {
  const name = `storage ${driver}`;
  if (failure === undefined) return { name, status: 'ok', detail: 'ran, without network' };
  return { name, status: driver === 'vfs' ? 'missing' : 'limited', detail: failure };
}

function remedyOf(facts: readonly MachineFact[]): { readonly remedy: string } {
  const remedies = facts.flatMap(({ status, remedy }) =>
    status === 'missing' && remedy !== undefined ? [remedy] : [],
  );
  const last =
    'Build where root or user namespaces are allowed (a privileged job, or a VM), or take the step out of the config.';
  return { remedy: [...new Set(remedies), last].join(' ') };
}

function reasonOf(lines: readonly string[], exit: number): string {
  const own = lines.filter((line) => !/^(?:subprocess exited|Error: exit status)/.test(line));
  return own.at(-1) ?? `exit code ${exit}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
