import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { output, startRealRegistry, type RealRegistry } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { debianLayers, relaidLayer, writeBaseLayout } from '../src/base-image.ts';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { lockText } from '../src/lock.ts';
import { outsidePython, predictOutside, type Reference } from '../src/outside.ts';
import { predict } from '../src/predict.ts';
import { layoutManifest, makeProject, type Project } from '../src/project.ts';
import { configureBase } from '../src/configure.ts';

const world = inject('world');

let folder: string;
let registry: RealRegistry;
let project: Project;
let reference: Reference;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlc-base-'));
  registry = await startRealRegistry({ folder: join(folder, 'registry') });
  project = await makeProject(world, 'diabetes');
  await mlcontainerOk(world, ['build'], { cwd: project.folder });
  const layers = await debianLayers(project.layout);
  await pushBase('debian', layers, ['--format', 'v2s2']);
  await pushBase('relaid', [await relaidLayer(layers)]);
  await pushBase('bare', layers.slice(0, 1));
  const version = /scikit_learn-([\d.]+)-/.exec(await lockText(project))?.[1] ?? '';
  const python = await outsidePython(world, [`scikit-learn==${version}`]);
  reference = await predictOutside(python, join(project.folder, 'model.joblib'), 'diabetes');
});
afterAll(async () => {
  await registry.stop();
  await project.remove();
  await rm(folder, { recursive: true, force: true });
});

async function pushBase(
  name: string,
  layers: readonly Buffer[],
  args: readonly string[] = [],
): Promise<void> {
  const layout = join(folder, name);
  await writeBaseLayout(layout, layers, ['PATH=/usr/local/bin:/usr/bin:/bin', 'LANG=C.UTF-8']);
  const target = `docker://${registry.host}/base/${name}:v1`;
  const copy = ['copy', '--quiet', '--dest-tls-verify=false', ...args];
  await output('skopeo', [...copy, `oci:${layout}:base`, target]);
}

/** Starts what was built, predicts the whole data set, and stops it. */
async function served(engine: string): Promise<readonly number[]> {
  const child = spawn(world.bin, ['run', '--engine', engine, '--port', '0', '--json'], {
    cwd: project.folder,
    env: { ...process.env, MLCONTAINER_CACHE_DIR: world.store, CI: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    const url = await announced(child.stdout);
    return (await predict(url, reference.rows)).predictions;
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

async function announced(stdout: Readable): Promise<string> {
  let printed = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.trimEnd().endsWith('}')) return (JSON.parse(printed) as { url: string }).url;
  }
  throw new Error('mlcontainer run ended before its server was ready.');
}

describe.each([
  ['debian', 'in Docker’s schema 2', '/usr/bin/python3.11', ['chroot', 'docker']],
  ['relaid', 'with Python below /usr/local', '/usr/local/bin/python3.11', ['runc']],
] as const)('a base: %s, %s', (name, _, executable, engines) => {
  beforeAll(async () => {
    await configureBase(project, registry.host, `base/${name}:v1`);
    await rm(join(project.folder, 'mlcontainer.lock'), { force: true });
    await mlcontainerOk(world, ['build'], { cwd: project.folder });
  });

  test.each(engines)('predicts exactly as scikit-learn itself, in %s', async (engine) => {
    expect(await served(engine)).toEqual(reference.predictions);
  });

  test('is found, and its Python compiles what is laid on it', async () => {
    const plan = JSON.parse(
      await mlcontainerOk(world, ['plan', '--json'], { cwd: project.folder }),
    ) as { python: { executable: string }; options: { bytecode: boolean } };
    expect(plan.python.executable).toBe(executable);
    expect(plan.options.bytecode).toBe(true);
    const { layers } = await layoutManifest(project.layout);
    const listed = await Promise.all(
      layers.map(({ digest }) =>
        output('tar', ['-tzf', join(project.layout, 'blobs', ...digest.split(':'))]),
      ),
    );
    const library = name === 'relaid' ? 'usr/local' : 'usr';
    expect(listed.join('\n')).toContain(`${library}/lib/python3.11/__pycache__/os.cpython-311.pyc`);
    expect(listed.join('\n')).toMatch(/opt\/mlcontainer\/site\/sklearn\/__pycache__\/__init__\.cp/);
  });

  test('is locked by digest, and no host is named', async () => {
    const text = await lockText(project);
    expect(text).not.toContain(registry.host);
    expect(text).not.toContain('://');
  });

  test('is mounted, not sent, into the same registry', async () => {
    const args = ['push', `${registry.host}/out/${name}:v1`, '--json'];
    const report = JSON.parse(await mlcontainerOk(world, args, { cwd: project.folder })) as {
      pushed: { blobs: { mounted: number } };
    };
    const base = await readFile(join(folder, name, 'index.json'), 'utf8');
    expect(base).toContain('sha256:');
    expect(report.pushed.blobs.mounted).toBeGreaterThanOrEqual(name === 'debian' ? 3 : 1);
  });

  test('gives an image that skopeo and umoci read', async () => {
    const source = `docker://${registry.host}/out/${name}:v1`;
    const target = `oci:${join(folder, `${name}-copy`)}:v1`;
    await output('skopeo', ['copy', '--quiet', '--src-tls-verify=false', source, target]);
    const bundle = join(folder, `${name}-bundle`);
    await output('umoci', ['unpack', '--rootless', '--image', target.slice(4), bundle]);
    expect(await readFile(join(bundle, 'rootfs/opt/mlcontainer/server.json'), 'utf8')).toContain(
      'diabetes',
    );
  });
});

test('a base without Python is refused before anything is built', async () => {
  await configureBase(project, registry.host, 'base/bare:v1');
  const result = await mlcontainer(world, ['plan'], { cwd: project.folder });
  expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('MLC6704')]);
});
