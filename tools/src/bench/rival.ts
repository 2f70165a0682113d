import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../process.ts';
import { startRealRegistry, type RealRegistry } from '../registry.ts';
import { ROOT } from '../task.ts';
import type { Bench } from './subject.ts';

/** The name of the image that every rival builds. */
export const TAG = 'mlcontainer-bench-rival';

/** The name of the base that their Dockerfile begins with. */
export const BASE = 'mlcontainer-bench-base';

/** A Debian with Python and pip, made on this machine once for all rivals; not part of what is measured. */
export async function makeBase(bench: Bench): Promise<string> {
  const rootfs = join(bench.folder, 'rootfs');
  const archive = join(bench.folder, 'base.tar');
  const include = '--include=python3,python3-pip,ca-certificates';
  const args = ['--variant=minbase', include, 'bookworm', rootfs, `${bench.mirrors.debian}/debian`];
  await output('debootstrap', args, { signal: bench.signal });
  await output('sh', ['-c', 'rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*', 'sh', rootfs]);
  await output('tar', ['--numeric-owner', '-C', rootfs, '-cf', archive, '.'], {
    signal: bench.signal,
  });
  await rm(rootfs, { recursive: true });
  return archive;
}

/** The base in a registry on this machine, from which the rivals pull it. */
export async function serveBase(bench: Bench, base: string): Promise<RealRegistry> {
  const registry = await startRealRegistry({ folder: join(bench.folder, 'base-registry') });
  await output('docker', ['import', base, `${BASE}:latest`], { signal: bench.signal });
  const name = `${registry.host}/${BASE}:latest`;
  try {
    await output('docker', ['tag', `${BASE}:latest`, name]);
    await output('docker', ['push', '--quiet', name], { signal: bench.signal });
  } catch (error) {
    await registry.stop();
    throw error;
  }
  return registry;
}

/** The folder that a rival builds in: Dockerfile, app, model and pinned requirements. */
export async function buildContext(bench: Bench, name: string): Promise<string> {
  const folder = join(bench.folder, name);
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, 'bench', 'rival'), folder, { recursive: true });
  await cp(bench.models[0], join(folder, 'model.joblib'));
  await writeFile(join(folder, 'requirements.txt'), `${bench.requirements.join('\n')}\n`);
  return folder;
}
