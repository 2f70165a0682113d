import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../process.ts';
import { layoutSize } from './layout-size.ts';
import { measure, together, type Aspect, type Measured } from './measure.ts';
import { BASE, buildContext, TAG } from './rival.ts';
import type { Bench, Subject } from './subject.ts';

/** `buildah bud` and a push to an OCI layout. */
export async function buildah(bench: Bench, registry: string): Promise<Subject> {
  const folder = await buildContext(bench, 'buildah');
  const layout = join(bench.folder, 'buildah-layout');
  const places = [
    '--root',
    join(bench.folder, 'buildah-storage'),
    '--runroot',
    join(bench.folder, 'buildah-run'),
  ];
  const build = (aspect: Aspect = 'time') => budAndPush(bench, places, folder, layout, aspect);
  return {
    name: 'buildah',
    memory: true,
    version: (await output('buildah', ['--version'])).split(' ')[2] ?? '',
    cold: async (aspect) => {
      const forget = 'buildah "$@" rm --all; buildah "$@" rmi --all --force; true';
      await output('sh', ['-c', forget, 'sh', ...places]);
      const pulled = await pullBase(bench, places, registry, aspect);
      return { ...together(pulled, await build(aspect)), base: pulled.seconds };
    },
    again: () => build(),
    model: async () => {
      await cp(bench.models[1], join(folder, 'model.joblib'));
      return await build();
    },
    size: () => layoutSize(layout),
    // Its image holds what docker's holds; that one is served.
    served: [],
    load: () => Promise.resolve(TAG),
  };
}

async function budAndPush(
  { mirrors, signal }: Bench,
  places: readonly string[],
  folder: string,
  layout: string,
  aspect: Aspect,
): Promise<Measured> {
  await rm(layout, { recursive: true, force: true });
  const options = { cwd: folder, aspect, signal };
  const arg = `INDEX=${mirrors.index}/simple/`;
  const bud = [
    ...places,
    'bud',
    '--quiet',
    '--layers',
    // The fastest of its isolations, and the one that works on every kind of cgroup.
    '--isolation=chroot',
    '--network=host',
    '--build-arg',
    arg,
    '-t',
    TAG,
    '.',
  ];
  const made = await measure('buildah', bud, options);
  return together(
    made,
    await measure('buildah', [...places, 'push', '--quiet', TAG, `oci:${layout}`], options),
  );
}

async function pullBase(
  { folder, signal }: Bench,
  places: readonly string[],
  registry: string,
  aspect: Aspect,
): Promise<Measured> {
  const name = `${registry}/${BASE}:latest`;
  const pull = [...places, 'pull', '--quiet', '--tls-verify=false', name];
  const pulled = await measure('buildah', pull, { cwd: folder, aspect, signal });
  await output('buildah', [...places, 'tag', name, `localhost/${BASE}:latest`]);
  return pulled;
}
