import { mlcError } from '@mlcontainer/plugin-kit';
import type { Engine, StartRequest, Started } from './engine.ts';
import { findProgram, lastLine, neverAborted, tryRun } from './programs.ts';
import { DEVICES, unpackRootfs, type Rootfs } from './rootfs.ts';
import type { StartSpec } from './start-spec.ts';
import type { EngineProbe, RunContext } from './types.ts';

/**
 * Runs in a mount namespace of its own, then becomes the container's first process without a process in between, so
 * that signals and exit codes need no forwarding. `$1` is the root, `$2` the mount program (PATH is the image's);
 * what follows `--` starts the container.
 */
const MOUNTS = `
set -e
root=$1; mount=$2; shift 3
"$mount" --bind "$root" "$root"
"$mount" -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
"$mount" --rbind /proc "$root/proc"
"$mount" -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
for name in ${DEVICES.join(' ')}; do "$mount" --bind "/dev/$name" "$root/dev/$name"; done
"$mount" -o remount,bind,ro "$root"
exec "$@"
`;

/** Flags of util-linux's unshare for one way into the root. */
interface Way {
  /** Before the mounts; undefined where no mount is possible. */
  readonly outer: readonly string[] | undefined;
  /** Into the root, as the image's user. */
  inner(spec: Pick<StartSpec, 'uid' | 'gid'>): readonly string[];
}

/** A user namespace: the image's user inside is this process's user outside. */
const USERNS: Way = {
  outer: ['--user', '--map-root-user', '--mount'],
  inner: ({ uid, gid }) => ['--user', `--map-user=${uid}`, `--map-group=${gid}`],
};

/** Root's own chroot; with mounts where a mount namespace may be made. */
function chrootWay(mounts: boolean): Way {
  return {
    outer: mounts ? ['--mount'] : undefined,
    inner: ({ uid, gid }) => [`--setgid=${gid}`, `--setuid=${uid}`],
  };
}

/** util-linux's unshare with a user namespace: no root, no runtime. */
export const userNamespaces: Engine = {
  name: 'userns',
  probe: async (cx, signal) => {
    const inner = USERNS.inner({ uid: 65532, gid: 65532 });
    const test = [...(USERNS.outer ?? []), 'unshare', ...inner, 'true'];
    const ran = await tryRun(cx, signal, 'unshare', test);
    return verdict('userns', ran, 'user and mount namespaces');
  },
  start: (request) => start('userns', USERNS, request),
};

/** chroot, for root where no namespace may be made. */
export const chrootEngine: Engine = {
  name: 'chroot',
  probe: async (cx, signal) => {
    if (process.getuid?.() !== 0) return { engine: 'chroot', works: false, detail: 'needs root' };
    const test = ['--root=/', '--setgid=65532', '--setuid=65532', 'true'];
    return verdict('chroot', await tryRun(cx, signal, 'unshare', test), 'as root');
  },
  start: async (request) => {
    const mounts = await tryRun(request.cx, request.signal, 'unshare', ['--mount', 'true']);
    return start('chroot', chrootWay(mounts?.code === 0), request);
  },
};

function verdict(
  engine: 'userns' | 'chroot',
  ran: { code: number; err: string } | undefined,
  good: string,
): EngineProbe {
  if (ran === undefined) return { engine, works: false, detail: 'unshare is not installed' };
  const works = ran.code === 0;
  return { engine, works, detail: works ? good : lastLine(ran.err) };
}

async function start(name: 'userns' | 'chroot', way: Way, request: StartRequest): Promise<Started> {
  const { cx, onLine } = request;
  const rootfs = await unpackRootfs(request);
  try {
    const [command = '', ...args] = await commandLine(name, way, rootfs, cx);
    const env = Object.fromEntries(rootfs.spec.env.map(splitVariable));
    const signal = neverAborted();
    const child = await cx.ports.exec.spawn({ command, args, env, signal, onLine });
    return {
      exited: child.exited,
      terminate: async () => child.kill('SIGTERM', 'program'),
      kill: async () => child.kill('SIGKILL', 'group'),
      remove: async () => {
        child.kill('SIGKILL', 'group');
        await rootfs.release();
      },
    };
  } catch (error) {
    await rootfs.release();
    throw error;
  }
}

/** Programs by their paths, for the environment is the image's. */
async function commandLine(
  name: string,
  way: Way,
  { root, spec }: Rootfs,
  cx: RunContext,
): Promise<readonly string[]> {
  const path = async (program: string): Promise<string> => {
    const found = await findProgram(cx, program);
    if (found !== undefined) return found;
    const detail = `${program} is not installed`;
    throw mlcError('MLC8003', { engine: name, step: 'start', detail });
  };
  const unshare = await path('unshare');
  const inner = [unshare, ...way.inner(spec), `--root=${root}`, `--wd=${spec.cwd}`];
  const inside = [...inner, '--', ...spec.args];
  if (way.outer === undefined) return inside;
  const script = [await path('sh'), '-c', MOUNTS, 'sh', root, await path('mount')];
  return [unshare, ...way.outer, '--', ...script, '--', ...inside];
}

function splitVariable(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
