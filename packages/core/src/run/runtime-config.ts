import type { StartSpec } from './start-spec.ts';

/** How far the runtime itself is privileged. */
export interface RuntimeUser {
  /** The numbers of this process when it is not root; a user namespace maps them. */
  readonly rootless?: { readonly uid: number; readonly gid: number };
}

/** One mount of a container (config.md, Mounts). */
export interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

const DEV = { type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] };
const TMP = { type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777'] };

/**
 * The config.json of an OCI runtime bundle (runtime-spec 1.0.2, config.md and config-linux.md): read-only root, no
 * capability, no new privileges, the host's network.
 */
export function runtimeConfig(
  root: string,
  spec: StartSpec,
  user: RuntimeUser,
  mounts: readonly Mount[] = [],
): object {
  const { args, env, cwd, uid, gid } = spec;
  const none: readonly string[] = [];
  return {
    ociVersion: '1.0.2',
    hostname: 'mlcontainer',
    root: { path: root, readonly: true },
    process: {
      ...{ terminal: false, user: { uid, gid }, args, env, cwd, noNewPrivileges: true },
      capabilities: { bounding: none, effective: none, permitted: none, inheritable: none },
    },
    mounts: [
      {
        destination: '/proc',
        type: 'proc',
        source: 'proc',
        options: ['nosuid', 'noexec', 'nodev'],
      },
      { destination: '/dev', ...DEV },
      { destination: '/dev/shm', ...TMP },
      { destination: '/tmp', ...TMP },
      {
        ...{ destination: '/sys', type: 'none', source: '/sys' },
        options: ['rbind', 'ro', 'nosuid', 'noexec', 'nodev'],
      },
      ...mounts,
    ],
    linux: { ...namespaces(spec, user), maskedPaths: MASKED, readonlyPaths: READ_ONLY },
  };
}

/** The paths that container engines hide from a container of an unknown image. */
const MASKED = ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function namespaces({ uid, gid }: StartSpec, { rootless }: RuntimeUser): object {
  const types = ['mount', 'pid', 'ipc', 'uts', ...(rootless === undefined ? [] : ['user'])];
  const list = types.map((type) => ({ type }));
  if (rootless === undefined) return { namespaces: list };
  return {
    namespaces: list,
    uidMappings: [{ containerID: uid, hostID: rootless.uid, size: 1 }],
    gidMappings: [{ containerID: gid, hostID: rootless.gid, size: 1 }],
  };
}
