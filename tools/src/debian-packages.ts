import { capture, isOnPath, run } from './process.ts';

/** The Debian package that brings a program which tests or benchmarks call. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  ar: 'binutils',
  'apt-ftparchive': 'apt-utils',
  buildah: 'buildah',
  bzip2: 'bzip2',
  crun: 'crun',
  debootstrap: 'debootstrap',
  docker: 'docker.io',
  'docker-registry': 'docker-registry',
  dockerd: 'docker.io',
  'dpkg-deb': 'dpkg',
  'dpkg-scanpackages': 'dpkg-dev',
  gpg: 'gnupg',
  ip: 'iproute2',
  lz4: 'lz4',
  openssl: 'openssl',
  podman: 'podman',
  reprepro: 'reprepro',
  runc: 'runc',
  setpriv: 'util-linux',
  skopeo: 'skopeo',
  squid: 'squid-openssl',
  // In the build that opens TLS alone.
  '/usr/lib/squid/security_file_certgen': 'squid-openssl',
  strace: 'strace',
  tar: 'tar',
  taskset: 'util-linux',
  time: 'time',
  umoci: 'umoci',
  unshare: 'util-linux',
  wrk: 'wrk',
  xz: 'xz-utils',
  zstd: 'zstd',
};

/** A host that lacks programs which this process cannot install. */
export class MissingPrograms extends Error {
  constructor(programs: readonly string[], packages: readonly string[]) {
    super(
      `Not on PATH: ${programs.join(', ')}. They are installed by themselves when this runs as root on Debian; ` +
        `here, run as root: apt-get update && apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
    this.name = 'MissingPrograms';
  }
}

/**
 * Makes sure that programs are there, and installs the Debian packages of those that are not.
 * The package lists are fetched only when something is missing. Rejects with {@link MissingPrograms}
 * when this is not root, not Debian, or the installation failed.
 */
export async function ensurePrograms(
  programs: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const missing = await missingPrograms(programs);
  if (missing.length === 0) return;
  if (await mayInstall()) await install(packagesOf(missing), signal);
  const still = await missingPrograms(missing);
  if (still.length > 0) throw new MissingPrograms(still, packagesOf(still));
}

/** Makes sure that `python3 -m venv` works; Debian ships a part of it in a package of its own. Rejects like {@link ensurePrograms}. */
export async function ensureVenv(signal?: AbortSignal): Promise<void> {
  const works = async () => (await capture('python3', ['-c', 'import ensurepip, venv'])).code === 0;
  if (await works()) return;
  if (await mayInstall()) await install(['python3-venv'], signal);
  if (!(await works())) throw new MissingPrograms(['python3 -m venv'], ['python3-venv']);
}

async function mayInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await isOnPath('apt-get'));
}

async function install(packages: readonly string[], signal?: AbortSignal): Promise<void> {
  process.stderr.write(`Installing Debian packages: ${packages.join(' ')}\n`);
  await aptGet(['update', '-qq'], signal);
  await aptGet(['install', '-qq', '--yes', '--no-install-recommends', ...packages], signal);
}

/** The programs of a list that are not on PATH, system folders included. */
export async function missingPrograms(programs: readonly string[]): Promise<string[]> {
  const found = await Promise.all(programs.map(isOnPath));
  return programs.filter((_, index) => !found[index]);
}

/** The Debian packages that bring some programs, sorted, each once. */
export function packagesOf(programs: readonly string[]): string[] {
  const packages = programs.map((program) => {
    const name = PROGRAMS[program];
    if (name === undefined) throw new Error(`No Debian package is known for ${program}.`);
    return name;
  });
  return [...new Set(packages)].toSorted();
}

async function aptGet(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const options = {
    env: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
    ...(signal ? { signal } : {}),
  };
  // Another apt may run on a machine that has just started, so wait for its lock instead of failing.
  const code = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], options);
  if (code !== 0) process.stderr.write(`apt-get ${args[0]} ended with exit code ${code}.\n`);
}

/** The version of a Debian package on this host, empty where it is not installed. */
export async function installedVersion(packageName: string): Promise<string> {
  const result = await capture('dpkg-query', ['-W', '-f', '${Version}', packageName]);
  return result.code === 0 ? result.stdout : '';
}
