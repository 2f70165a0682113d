import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from '../../installation.ts';
import { mirrorEnvironment } from '../../mirror/mirrors.ts';
import { output } from '../../process.ts';
import { measure, type MeasureOptions } from '../measure.ts';
import { TAG } from '../rival.ts';
import type { Bench } from '../subject.ts';
import { freeStep, type Pusher } from './pusher.ts';

/** Where the subjects of the build benchmark left their work. */
export interface Places {
  readonly ours: string;
  readonly store: string;
  readonly buildah: string;
  readonly docker: string;
  readonly storage: readonly string[];
}

export function placesOf({ folder }: Bench): Places {
  const at = (name: string) => join(folder, name);
  const storage = ['--root', at('buildah-storage'), '--runroot', at('buildah-run')];
  return {
    ...{ ours: at('ours'), store: at('store'), buildah: at('buildah'), docker: at('docker') },
    storage,
  };
}

function options({ signal }: Bench, cwd: string): MeasureOptions {
  return { cwd, aspect: 'time', signal };
}

/** One command: what is missing is built, what is there is not asked for. */
export function pushOurs(bench: Bench, { bin }: Installation): Pusher {
  const { ours, store } = placesOf(bench);
  const environment = (host: string) => ({
    ...{ MLCONTAINER_CACHE_DIR: store, CI: 'true', ...mirrorEnvironment(bench.mirrors) },
    CONTAINERS_REGISTRIES_CONF: join(bench.folder, `registries-${host.split(':')[1]}.conf`),
  });
  return {
    name: 'mlcontainer',
    prepare: async () => {
      await cp(bench.models[0], join(ours, 'model.joblib'));
      const env = { MLCONTAINER_CACHE_DIR: store, ...mirrorEnvironment(bench.mirrors) };
      await output(bin, ['build'], { cwd: ours, env });
    },
    push: async (host) => {
      const env = environment(host);
      const insecure = `[[registry]]\nlocation = "${host}"\ninsecure = true\n`;
      await writeFile(env.CONTAINERS_REGISTRIES_CONF, insecure);
      return measure(bin, ['push', `${host}/bench/image:latest`], { ...options(bench, ours), env });
    },
    rebuild: (model) => freeStep(model, join(ours, 'model.joblib')),
  };
}

/** Copies the layout that mlcontainer built, and is measured for the copy alone. */
export function pushWithSkopeo(bench: Bench, { bin }: Installation): Pusher {
  const { ours, store } = placesOf(bench);
  const env = { MLCONTAINER_CACHE_DIR: store, ...mirrorEnvironment(bench.mirrors) };
  const build = async (model: string): Promise<void> => {
    await cp(model, join(ours, 'model.joblib'));
    await output(bin, ['build'], { cwd: ours, env });
  };
  const layout = `oci:${join(ours, 'dist', 'diabetes', 'image')}`;
  return {
    name: 'skopeo copy',
    prepare: () => build(bench.models[0]),
    push: (host) => {
      const target = `docker://${host}/bench/image:latest`;
      const args = ['copy', '--quiet', '--dest-tls-verify=false', layout, target];
      return measure('skopeo', args, options(bench, bench.folder));
    },
    rebuild: async (model) => {
      await build(model);
      return { seconds: 0, memory: 0 };
    },
  };
}

export function pushWithBuildah(bench: Bench): Pusher {
  const { buildah: folder, storage } = placesOf(bench);
  const index = `INDEX=${bench.mirrors.index}/simple/`;
  const flags = ['--quiet', '--layers', '--isolation=chroot', '--network=host'];
  const bud = [...storage, 'bud', ...flags, '--build-arg', index, '-t', TAG, '.'];
  const rebuild = async (model: string) => {
    await cp(model, join(folder, 'model.joblib'));
    return measure('buildah', bud, options(bench, folder));
  };
  return {
    name: 'buildah push',
    prepare: async () => void (await rebuild(bench.models[0])),
    push: (host) => {
      const target = `docker://${host}/bench/image:latest`;
      const args = [...storage, 'push', '--quiet', '--tls-verify=false', TAG, target];
      return measure('buildah', args, options(bench, folder));
    },
    rebuild,
  };
}

export function pushWithDocker(bench: Bench): Pusher {
  const { docker: folder } = placesOf(bench);
  const index = `INDEX=${bench.mirrors.index}/simple/`;
  const build = ['build', '--quiet', '--network=host', '--build-arg', index, '-t', TAG, '.'];
  const rebuild = async (model: string) => {
    await cp(model, join(folder, 'model.joblib'));
    return measure('docker', build, options(bench, folder));
  };
  return {
    name: 'docker push',
    prepare: async () => void (await rebuild(bench.models[0])),
    push: async (host) => {
      const name = `${host}/bench/image:latest`;
      await output('docker', ['tag', TAG, name]);
      return measure('docker', ['push', '--quiet', name], options(bench, folder));
    },
    rebuild,
  };
}
