import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from '../installation.ts';
import { mirrorEnvironment } from '../mirror/mirrors.ts';
import { output } from '../process.ts';
import { ROOT } from '../task.ts';
import { layoutSize } from './layout-size.ts';
import { measure, type Aspect } from './measure.ts';
import type { Bench, Subject } from './subject.ts';

/** mlcontainer itself, packed and installed, on the same index and mirror as the others. */
export async function ours(bench: Bench, installation: Installation): Promise<Subject> {
  const project = join(bench.folder, 'ours');
  const store = join(bench.folder, 'store');
  const dist = join(project, 'dist', 'diabetes');
  await cp(join(ROOT, 'examples', 'diabetes'), project, { recursive: true });
  await cp(join(installation.app, 'node_modules'), join(project, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  const env = { MLCONTAINER_CACHE_DIR: store, CI: 'true', ...mirrorEnvironment(bench.mirrors) };
  const cli = (args: readonly string[], aspect: Aspect = 'time') =>
    measure(installation.bin, args, { cwd: project, env, aspect, signal: bench.signal });
  const build = (aspect: Aspect = 'time') => cli(['build'], aspect);
  await cli(['lock', '--update']);
  // A lock as it is committed: of a build, so that it knows the layers.
  await build();
  return {
    name: 'mlcontainer',
    memory: true,
    version: (await output(installation.bin, ['--version'])).trim(),
    cold: async (aspect) => {
      await rm(store, { recursive: true, force: true });
      await rm(dist, { recursive: true, force: true });
      return await build(aspect);
    },
    again: () => build(),
    model: async () => {
      await cp(bench.models[1], join(project, 'model.joblib'));
      return await build();
    },
    size: () => layoutSize(join(dist, 'image')),
    served: [{ what: 'its server' }],
    load: async () => {
      await cp(bench.models[0], join(project, 'model.joblib'));
      await cli(['build', '--output', 'archive']);
      const said = await output('docker', ['load', '--quiet', '--input', join(dist, 'image.tar')]);
      return /Loaded image(?: ID)?: (\S+)/.exec(said)?.[1] ?? '';
    },
  };
}
