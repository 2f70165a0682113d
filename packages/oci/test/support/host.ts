import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian packages of the programs that tests compare with. */
const PACKAGES: Readonly<Record<string, string>> = {
  tar: 'tar',
  gunzip: 'gzip',
  zcat: 'gzip',
  zstd: 'zstd',
  python3: 'python3',
  umoci: 'umoci',
  skopeo: 'skopeo',
  buildah: 'buildah',
};

/** Runs a program of the host to the end; a missing one fails with the package to install. */
export function host(command: string, args: readonly string[], input?: Uint8Array): Buffer {
  const result = spawnSync(command, args, { input, maxBuffer: 1 << 30 });
  if (result.error !== undefined) {
    throw new Error(`${command} is needed: apt-get install ${PACKAGES[command] ?? command}`, {
      cause: result.error,
    });
  }
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${command} ${args.join(' ')} ended with ${result.status}: ${result.stderr.toString()}`,
  );
}

/** Runs with a fresh folder, removed afterwards. Lower case: buildah makes an image's name of a layout's path. */
export async function withFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = join(tmpdir(), `mlc-oci-${randomUUID()}`);
  mkdirSync(folder);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
