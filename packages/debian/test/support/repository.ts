import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll } from 'vitest';
import { host } from './host.ts';
import { makeDeb, type DebSpec } from './make-deb.ts';

/** A throw-away OpenPGP key. */
export interface TestKey {
  readonly home: string;
  readonly keyring: Uint8Array;
}

/** Makes a key; gpg's agent of its own is stopped after the tests of the file, so never call it inside of one. */
export function makeKey(name: string, algorithm = 'ed25519'): TestKey {
  // Not below the test's folder: the path of gpg's socket must be short.
  const home = mkdtempSync(join(tmpdir(), 'gpg-'));
  const gpg = gpgArgs(home, '20260101T000000');
  host('gpg', [
    ...gpg,
    '--quick-generate-key',
    `${name} <${name}@example.org>`,
    algorithm,
    'sign',
    '0',
  ]);
  const keyring = host('gpg', [...gpg, '--export', '--armor']);
  afterAll(() => {
    host('gpgconf', ['--homedir', home, '--kill', 'all']);
    host('rm', ['-r', home]);
  });
  return { home, keyring };
}

/** Lets one key's home sign with another key too. */
export function adopt(into: TestKey, from: TestKey): void {
  const secret = host('gpg', [...gpgArgs(from.home, '20260101T000000'), '--export-secret-keys']);
  host('gpg', [...gpgArgs(into.home, '20260101T000000'), '--import'], { input: secret });
}

/** The time is fixed: signatures must not be from the future of the tests' clock. */
function gpgArgs(home: string, time: string): string[] {
  const quiet = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
  return ['--homedir', home, ...quiet, '--faked-system-time', `${time}!`];
}

/** Clear-signs a text as Debian signs its release files. */
export function clearsign(key: TestKey, text: string, args: readonly string[] = []): string {
  const gpg = gpgArgs(key.home, '20261122T030000');
  return host('gpg', [...gpg, '--allow-weak-digest-algos', ...args, '--clearsign'], {
    input: text,
  }).toString();
}

export interface RepositorySpec {
  readonly debs: readonly DebSpec[];
  /** Suites to publish the packages in; the first gets them, the others stay empty. */
  readonly suites?: readonly string[];
  readonly key: TestKey;
  /** Fields of the release file that differ: undefined removes. */
  readonly release?: Readonly<Record<string, string | undefined>>;
}

/** The date of a good release in these tests, and a moment at which it is fresh. */
export const RELEASE_DATE = 'Sun, 22 Nov 2026 02:00:00 UTC';
export const NOW = new Date('2026-11-22T12:00:00Z');

/** Makes a signed repository with apt-ftparchive below a folder. */
export function makeRepository(folder: string, spec: RepositorySpec): void {
  const [first = 'bookworm', ...others] = spec.suites ?? [
    'bookworm',
    'bookworm-updates',
    'bookworm-security',
  ];
  const pool = join(folder, 'pool/main');
  mkdirSync(pool, { recursive: true });
  const build = mkdtempSync(join(tmpdir(), 'mlc-build-'));
  for (const deb of spec.debs) {
    const file = makeDeb(build, deb);
    copyFileSync(file, join(pool, basename(file)));
  }
  host('rm', ['-r', build]);
  const packages = host('apt-ftparchive', ['packages', 'pool'], { cwd: folder });
  publish(folder, first, packages, spec);
  for (const suite of others) publish(folder, suite, Buffer.alloc(0), spec);
}

/** Writes the indexes of one suite and signs its release file. */
export function publish(
  folder: string,
  suite: string,
  packages: Buffer,
  spec: Omit<RepositorySpec, 'debs'>,
): void {
  const dist = join(folder, 'dists', suite);
  mkdirSync(join(dist, 'main/binary-amd64'), { recursive: true });
  writeFileSync(join(dist, 'main/binary-amd64/Packages'), packages);
  host('xz', ['-kf', join(dist, 'main/binary-amd64/Packages')]);
  const text = releaseText(dist, suite, spec.release ?? {});
  writeFileSync(join(dist, 'InRelease'), clearsign(spec.key, text));
}

/** The unsigned text of a release file over a suite's folder. */
export function releaseText(
  dist: string,
  suite: string,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const sums = host('apt-ftparchive', ['release', dist]).toString();
  const fields = {
    Origin: 'Test',
    Suite: 'stable',
    Codename: suite,
    Date: RELEASE_DATE,
    'Valid-Until': 'Sun, 29 Nov 2026 02:00:00 UTC',
    Architectures: 'amd64',
    Components: 'main',
    ...changes,
  };
  const head = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\n`],
  );
  return head.join('') + sums.replace(/^Date: .*\n/m, '');
}

/** Serves a folder on loopback; gives its base URL. */
export async function serve(folder: string, log: string[] = []): Promise<string> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    log.push(path);
    readFile(join(folder, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Appends to a file of a repository, as an attacker between would. */
export function tamper(path: string, text: string): void {
  appendFileSync(path, text);
}
