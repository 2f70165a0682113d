import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { buildah } from '../src/bench/buildah.ts';
import { docker } from '../src/bench/docker.ts';
import { ours } from '../src/bench/ours.ts';
import { prepare } from '../src/bench/prepare.ts';
import { measurePushes, type PushResult } from '../src/bench/push/pusher.ts';
import {
  pushOurs,
  pushWithBuildah,
  pushWithDocker,
  pushWithSkopeo,
} from '../src/bench/push/pushers.ts';
import { renderPushes } from '../src/bench/push/table.ts';
import { measureBuilds, renderResults, type Result } from '../src/bench/results.ts';
import { makeBase, serveBase } from '../src/bench/rival.ts';
import { serving } from '../src/bench/serving.ts';
import { ensureDocker, ensurePrograms, removeMounted, ROOT, task } from '../src/index.ts';

const PROGRAMS = [
  'buildah',
  'debootstrap',
  'docker',
  'docker-registry',
  'dockerd',
  'skopeo',
  'wrk',
];

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await task(async ({ signal, onEnd }) => {
  await ensurePrograms(PROGRAMS, signal);
  const folder = await mkdtemp(join(tmpdir(), 'mlc-bench-'));
  onEnd(() => removeMounted(folder));
  const engine = await ensureDocker(signal);
  onEnd(engine.stop);
  if (engine.host) process.env['DOCKER_HOST'] = engine.host;
  say('Fetching what all will use from local mirrors …');
  const { bench, installation, body } = await prepare(folder, signal);
  onEnd(bench.mirrors.stop);
  say('Making the Debian base of the others …');
  const base = await serveBase(bench, await makeBase(bench));
  onEnd(base.stop);
  const subjects = [
    await ours(bench, installation),
    await buildah(bench, base.host),
    await docker(bench, base.host),
  ];
  const results: Result[] = [];
  for (const subject of subjects) {
    say(`Measuring ${subject.name} …`);
    const builds = await measureBuilds(subject);
    const image = await subject.load();
    const served: Result['serving'][number][] = [];
    for (const { what, command } of subject.served)
      served.push({ what, ...(await serving(image, body, command)) });
    results.push({ ...builds, serving: served });
  }
  const pushes: PushResult[] = [];
  for (const pusher of [
    pushOurs(bench, installation),
    pushWithSkopeo(bench, installation),
    pushWithBuildah(bench),
    pushWithDocker(bench),
  ]) {
    say(`Measuring ${pusher.name === 'mlcontainer' ? 'mlcontainer push' : pusher.name} …`);
    pushes.push(await measurePushes(bench, pusher));
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    node: process.version,
  };
  await mkdir(join(ROOT, 'bench', 'results'), { recursive: true });
  const file = join(
    ROOT,
    'bench',
    'results',
    `${new Date().toISOString().replaceAll(':', '-')}.json`,
  );
  await writeFile(file, `${JSON.stringify({ machine, results, pushes }, null, 2)}\n`);
  process.stdout.write(`\n${renderResults(results)}\n${renderPushes(pushes)}`);
  return 0;
});
