/** With whose rights steps run: root's own, or those of root in a user namespace with subordinate ids. */
export type Rights = 'root' | 'user-namespace';

/** Around every call of buildah; see `confined`. */
export interface Confinement {
  readonly rights: Rights;
  /** `none`: a network namespace with nothing but its own loopback. */
  readonly network: 'none' | 'host';
}

/**
 * Inside the namespaces: the usual umask, the loopback (a new network namespace has it down), and the cache of blob
 * locations, whose place buildah offers no option for, out of the user's own storage. `$1` is the folder for it.
 */
const INSIDE = `
umask 0022
mount --bind "$1" /var/lib/containers 2>/dev/null || :
if [ "$2" = none ] && command -v ip >/dev/null; then ip link set lo up; fi
shift 2
exec "$@"
`;

/**
 * The command line that runs a program in namespaces of its own (util-linux, unshare(1)): mounts and processes in them
 * are gone when it ends, however it ends. buildah refuses `--isolation chroot` together with `--network none`, so the
 * network is taken away from outside.
 */
export function confined(
  { rights, network }: Confinement,
  scratch: string,
  argv: readonly string[],
): readonly string[] {
  const user = rights === 'root' ? [] : ['--user', '--map-root-user', '--map-auto'];
  const net = network === 'none' ? ['--net'] : [];
  const own = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
  return [
    ...['unshare', ...user, ...own, '--mount-proc', '--ipc', '--uts', ...net],
    ...['--', 'sh', '-c', INSIDE, 'sh', scratch, network, ...argv],
  ];
}
