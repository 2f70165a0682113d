import type { Entry } from '@mlcontainer/oci';
import type { DebianArchitecture } from '../lock.ts';

/** A generated file. */
export function textFile(path: string, text: string, mode = 0o644): Entry {
  return { type: 'file', path, mode, content: { kind: 'bytes', bytes: Buffer.from(text) } };
}

/** A generated link. */
export function link(path: string, target: string): Entry {
  return { type: 'symlink', path, mode: 0o777, target };
}

/** A generated directory. */
export function folder(path: string, mode = 0o755, id = 0): Entry {
  return { type: 'directory', path, mode, uid: id, gid: id };
}

/** The user that the image runs as, as distroless images have it. */
export const NONROOT = { name: 'nonroot', id: 65532, home: '/home/nonroot' } as const;

/** Top-level links of a merged-usr root; arm64 has its loader under /lib and no /lib64. */
export function mergedUsrLinks(architecture: DebianArchitecture): Entry[] {
  const names = architecture === 'amd64' ? ['bin', 'lib', 'lib64', 'sbin'] : ['bin', 'lib', 'sbin'];
  return names.flatMap((name) => [folder(`usr/${name}`), link(name, `usr/${name}`)]);
}

/**
 * What base-passwd, base-files, libc-bin, netbase and tzdata make in their postinst, as far as a server without a
 * shell needs it. Accounts: root and nobody as Debian has them, nonroot for the server, all locked.
 */
export function systemSkeleton(architecture: DebianArchitecture): Entry[] {
  return [
    ...mergedUsrLinks(architecture),
    ...['dev', 'etc', 'home', 'media', 'mnt', 'opt', 'proc', 'run', 'srv', 'sys', 'var'].map(
      (path) => folder(path),
    ),
    ...['usr/local/bin', 'usr/local/lib', 'usr/local/share', 'var/opt'].map((path) => folder(path)),
    folder('root', 0o700),
    folder('run/lock', 0o1777),
    folder('tmp', 0o1777),
    folder('var/tmp', 0o1777),
    folder(NONROOT.home.slice(1), 0o700, NONROOT.id),
    link('var/lock', '/run/lock'),
    link('var/run', '/run'),
    ...accounts(),
    textFile('etc/nsswitch.conf', NSSWITCH),
    textFile('etc/hosts', HOSTS),
    link('etc/dpkg/origins/default', 'debian'),
    link('etc/localtime', '/usr/share/zoneinfo/Etc/UTC'),
    textFile('etc/timezone', 'Etc/UTC\n'),
    // Of the package openssl, which is not laid; without them OpenSSL looks for certificates nowhere.
    link('usr/lib/ssl/cert.pem', '/etc/ssl/certs/ca-certificates.crt'),
    link('usr/lib/ssl/certs', '/etc/ssl/certs'),
  ];
}

function accounts(): Entry[] {
  const { name, id, home } = NONROOT;
  const shell = '/usr/sbin/nologin';
  const passwd = [
    `root:x:0:0:root:/root:${shell}`,
    `nobody:x:65534:65534:nobody:/nonexistent:${shell}`,
    `${name}:x:${id}:${id}:${name}:${home}:${shell}`,
  ];
  const group = ['root:x:0:', 'tty:x:5:', 'staff:x:50:', 'nogroup:x:65534:', `${name}:x:${id}:`];
  const shadow = ['root', 'nobody', name].map((account) => `${account}:*:19000:0:99999:7:::`);
  return [
    textFile('etc/passwd', lines(passwd)),
    textFile('etc/group', lines(group)),
    textFile('etc/shadow', lines(shadow), 0o600),
  ];
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

/** `files` and `dns` are built into the C library since 2.34; Debian's other defaults need modules. */
const NSSWITCH = lines([
  'passwd:         files',
  'group:          files',
  'shadow:         files',
  'gshadow:        files',
  'hosts:          files dns',
  'networks:       files',
  'protocols:      files',
  'services:       files',
  'ethers:         files',
  'rpc:            files',
]);

const HOSTS = lines(['127.0.0.1\tlocalhost', '::1\t\tlocalhost ip6-localhost ip6-loopback']);

/** The folders for wheels, and the names that scripts call the interpreter by. */
export function runtimeSkeleton(version: string): Entry[] {
  return [
    folder(`usr/local/lib/python${version}/dist-packages`),
    link('usr/bin/python', `python${version}`),
    link('usr/bin/python3', `python${version}`),
  ];
}

/** `ld.so.conf.d` for library folders that are mounted at run time, like a GPU driver's. */
export function libraryFolders(folders: readonly string[]): Entry[] {
  return folders.length === 0
    ? []
    : [textFile('etc/ld.so.conf.d/mlcontainer.conf', lines(folders))];
}
