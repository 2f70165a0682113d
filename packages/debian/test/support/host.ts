import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Debian packages of the programs that tests compare with. */
const HINTS: Readonly<Record<string, string>> = {
  'apt-ftparchive': 'apt-utils',
  'apt-get': 'apt',
  dpkg: 'dpkg',
  'dpkg-deb': 'dpkg',
  gpg: 'gnupg',
  ldconfig: 'libc-bin',
  tar: 'tar',
  xz: 'xz-utils',
  zstd: 'zstd',
};

/** Runs a program of the host; a missing one fails the test and says how to install it. */
export function host(
  command: string,
  args: readonly string[],
  options: ExecFileSyncOptions = {},
): Buffer {
  try {
    const output = execFileSync(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
      ...options,
      env: {
        PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
        LC_ALL: 'C',
        TZ: 'UTC',
        ...options.env,
      },
    });
    return Buffer.from(output);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) throw error;
    const hint = `apt-get install ${HINTS[command] ?? command}`;
    throw new Error(`${command} is needed by this test: ${hint}`, { cause: error });
  }
}

/** A folder that is removed after the tests of the file. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlc-debian-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
