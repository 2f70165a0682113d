import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../process.ts';
import { layoutSize } from './layout-size.ts';
import { measure, together, type Measured } from './measure.ts';
import { BASE, buildContext, TAG } from './rival.ts';
import type { Bench, Subject } from './subject.ts';

const GUNICORN = (workers: number) => [
  'sh',
  '-c',
  `exec gunicorn --workers ${workers} --bind 127.0.0.1:$PORT app:app`,
];

/** `docker build` and `docker save`; sizes are those of skopeo's compressed copy. */
export async function docker(bench: Bench, registry: string): Promise<Subject> {
  const folder = await buildContext(bench, 'docker');
  const archive = join(bench.folder, 'docker.tar');
  const options = { cwd: folder, aspect: 'time', signal: bench.signal } as const;
  const name = `${registry}/${BASE}:latest`;
  const build = async (): Promise<Measured> => {
    await rm(archive, { force: true });
    const arg = `INDEX=${bench.mirrors.index}/simple/`;
    const args = ['build', '--quiet', '--network=host', '--build-arg', arg, '-t', TAG, '.'];
    const made = await measure('docker', args, options);
    return together(made, await measure('docker', ['save', '--output', archive, TAG], options));
  };
  return {
    name: 'docker',
    // The daemon does the work, in processes that are not the client's; its memory is not measured.
    memory: false,
    version: (await output('docker', ['info', '--format', '{{.ServerVersion}}'])).trim(),
    cold: async () => {
      await output('sh', [
        '-c',
        'docker rmi --force "$@"; docker builder prune --all --force',
        'sh',
        ...[TAG, `${BASE}:latest`, name],
      ]);
      const pulled = await measure('docker', ['pull', '--quiet', name], options);
      await output('docker', ['tag', name, `${BASE}:latest`]);
      return { ...together(pulled, await build()), base: pulled.seconds };
    },
    again: build,
    model: async () => {
      await cp(bench.models[1], join(folder, 'model.joblib'));
      return await build();
    },
    size: async () => {
      const layout = join(bench.folder, 'docker-layout');
      await output('skopeo', ['copy', '--quiet', `docker-archive:${archive}`, `oci:${layout}`]);
      return await layoutSize(layout);
    },
    served: [
      { what: 'Flask, app.run' },
      { what: 'gunicorn, 1 worker', command: GUNICORN(1) },
      { what: 'gunicorn, 2 workers', command: GUNICORN(2) },
    ],
    load: async () => TAG,
  };
}
