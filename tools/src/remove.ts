import { readFile, rm } from 'node:fs/promises';
import { capture, systemPath } from './process.ts';

/** Removes a folder in which an engine may have left mounts: a network namespace, an overlay. */
export async function removeMounted(folder: string): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const points = mounts.split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const point of points.filter((path) => path.startsWith(`${folder}/`)).toReversed())
    await capture('umount', ['--lazy', point], { env: { PATH: systemPath() } });
  await rm(folder, { recursive: true, force: true });
}
