/** One kind of path that a step leaves behind and that no image should hold. */
export interface Noise {
  /** `tree`: the path and all below it; `file`: the path itself; `*` stands for one part of a path. */
  readonly kind: 'tree' | 'file';
  readonly path: string;
  readonly reason: string;
}

/** What is never taken back from a step: it depends on the machine or the moment, or the engine makes it anew. */
export const NOISE: readonly Noise[] = [
  { kind: 'tree', path: 'dev', reason: 'the engine brings devices' },
  { kind: 'tree', path: 'proc', reason: 'the kernel makes it' },
  { kind: 'tree', path: 'sys', reason: 'the kernel makes it' },
  { kind: 'tree', path: 'run', reason: 'state of running programs' },
  { kind: 'tree', path: 'tmp', reason: 'temporary files' },
  { kind: 'tree', path: 'var/tmp', reason: 'temporary files' },
  { kind: 'tree', path: 'var/cache', reason: 'caches' },
  { kind: 'tree', path: 'var/log', reason: 'logs, with times in them' },
  { kind: 'tree', path: 'var/lib/apt', reason: 'state of apt' },
  { kind: 'tree', path: 'root/.cache', reason: 'caches' },
  { kind: 'tree', path: 'home/*/.cache', reason: 'caches' },
  { kind: 'file', path: 'etc/hostname', reason: 'the engine writes it' },
  { kind: 'file', path: 'etc/hosts', reason: 'the engine writes it' },
  { kind: 'file', path: 'etc/resolv.conf', reason: 'the engine writes it' },
  { kind: 'file', path: 'etc/mtab', reason: 'the engine writes it' },
  { kind: 'file', path: 'etc/machine-id', reason: 'random' },
  { kind: 'file', path: 'etc/.pwd.lock', reason: 'a lock' },
  { kind: 'file', path: 'etc/passwd-', reason: 'a backup' },
  { kind: 'file', path: 'etc/group-', reason: 'a backup' },
  { kind: 'file', path: 'etc/shadow-', reason: 'a backup' },
  { kind: 'file', path: 'etc/gshadow-', reason: 'a backup' },
  { kind: 'file', path: 'etc/subuid-', reason: 'a backup' },
  { kind: 'file', path: 'etc/subgid-', reason: 'a backup' },
];

/** The noise that a path belongs to, if any. Paths as in `Entry`: relative, without a slash at the end. */
export function noiseOf(path: string, list: readonly Noise[] = NOISE): Noise | undefined {
  const parts = path.split('/');
  return list.find(({ kind, path: form }) => {
    const wanted = form.split('/');
    if (kind === 'file' ? wanted.length !== parts.length : wanted.length > parts.length)
      return false;
    return wanted.every((part, index) => part === '*' || part === parts[index]);
  });
}
