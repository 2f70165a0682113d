import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, StartRequest, Started } from './engine.ts';
import { findProgram, hostEnv, lastLine, neverAborted, tryRun } from './programs.ts';
import { unpackRootfs } from './rootfs.ts';
import { runtimeConfig, type Mount, type RuntimeUser } from './runtime-config.ts';
import type { StartSpec } from './start-spec.ts';
import type { EngineProbe, RunContext } from './types.ts';

type Runtime = 'crun' | 'runc';

/** crun or runc on an unpacked root: no daemon, no image store; root or a user namespace. */
export function ociRuntime(name: Runtime): Engine {
  return {
    name,
    probe: (cx, signal) => probe(name, cx, signal),
    start: (request) => start(name, request),
  };
}

function runtimeUser(): RuntimeUser {
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? {} : { rootless: { uid, gid: process.getgid?.() ?? uid } };
}

/** Makes a bundle: the folder that a runtime is pointed at. */
async function makeBundle(
  folder: string,
  root: string,
  spec: StartSpec,
  mounts: readonly Mount[] = [],
): Promise<void> {
  const config = runtimeConfig(root, spec, runtimeUser(), mounts);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await mkdir(join(folder, 'state'));
}

/** Where programs and their libraries are; links to /usr on most systems. */
const HOST_FOLDERS = ['usr', 'bin', 'lib', 'lib64', 'nix'];

/** A root that shows the host's programs, read-only. */
async function hostRoot(root: string): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  await mkdir(root);
  for (const name of HOST_FOLDERS) {
    const found = await lstat(`/${name}`).catch(() => undefined);
    if (found?.isSymbolicLink()) await symlink(await readlink(`/${name}`), join(root, name));
    if (found?.isDirectory()) {
      await mkdir(join(root, name));
      const options = ['rbind', 'ro'];
      mounts.push({ destination: `/${name}`, type: 'none', source: `/${name}`, options });
    }
  }
  return mounts;
}

/**
 * Really starts a container, of the host's own programs; it ends at once, and nothing interrupts it: the process
 * that becomes a container outlives a runtime that is killed, and goes on making mount points in its folder.
 */
async function probe(name: Runtime, cx: RunContext, signal: AbortSignal): Promise<EngineProbe> {
  const version = await tryRun(cx, signal, name, ['--version']);
  if (version === undefined) return { engine: name, works: false, detail: 'not installed' };
  const found = await cx.ports.store.withTemp(async (folder): Promise<EngineProbe> => {
    const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
    const root = join(folder, 'rootfs');
    const mounts = await hostRoot(root);
    const spec = { args: ['true'], env, cwd: '/', uid: 65532, gid: 65532 };
    await makeBundle(folder, root, spec, mounts);
    const ran = await tryRun(cx, neverAborted(), name, runArgs(name, folder, containerId()));
    const works = ran?.code === 0;
    const detail = works ? (version.out.split('\n')[0] ?? '') : lastLine(ran?.err ?? '');
    return { engine: name, works, detail };
  });
  signal.throwIfAborted();
  return found;
}

function containerId(): string {
  return `mlcontainer-${randomBytes(6).toString('hex')}`;
}

/** Flags before the command. One process needs no control group, and crun refuses some layouts of them. */
function globalFlags(name: Runtime, folder: string): string[] {
  const state = ['--root', join(folder, 'state')];
  return name === 'crun' ? ['--cgroup-manager', 'disabled', ...state] : state;
}

function runArgs(name: Runtime, folder: string, id: string): string[] {
  return [...globalFlags(name, folder), 'run', '--bundle', folder, id];
}

async function start(name: Runtime, request: StartRequest): Promise<Started> {
  const { cx, onLine } = request;
  const rootfs = await unpackRootfs(request);
  try {
    const { folder, root, spec, release } = rootfs;
    await makeBundle(folder, root, spec);
    const id = containerId();
    const args = runArgs(name, folder, id);
    const signal = neverAborted();
    const env = hostEnv(cx);
    const command = (await findProgram(cx, name)) ?? name;
    const child = await cx.ports.exec.spawn({ command, args, env, signal, onLine });
    const runtime = async (...rest: string[]): Promise<boolean> =>
      (await tryRun(cx, signal, name, [...globalFlags(name, folder), ...rest]))?.code === 0;
    const send = signaller(cx, child.exited, (word) => runtime('kill', id, word));
    return {
      exited: child.exited,
      terminate: async () => void (await send('TERM')),
      kill: async () => {
        if (!(await send('KILL'))) child.kill('SIGKILL', 'group');
      },
      remove: async () => {
        await runtime('delete', '--force', id);
        await release();
      },
    };
  } catch (error) {
    await rootfs.release();
    throw error;
  }
}

const TRIES = 100;
const PAUSE_MS = 50;

/**
 * Sends a signal to a container as soon as there is one: a runtime knows it only when it is made. Resolves to false
 * where there was none for five seconds; true as well when it ended in the meantime.
 */
function signaller(
  cx: RunContext,
  exited: Promise<number>,
  send: (word: string) => Promise<boolean>,
): (word: 'TERM' | 'KILL') => Promise<boolean> {
  const over = new AbortController();
  const end = (): void => over.abort();
  exited.then(end, end);
  return async (word) => {
    for (let tries = 0; tries < TRIES && !over.signal.aborted; tries++) {
      if (await send(word)) return true;
      await cx.ports.clock.sleep(PAUSE_MS, over.signal).catch(() => undefined);
    }
    return over.signal.aborted;
  };
}
