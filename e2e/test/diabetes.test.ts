import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, output, removeMounted } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { dockerLoad, pythonInside, startContainer, type Container } from '../src/engine.ts';
import { COMPILED_FROM_SOURCE, IMPORT_EVERY_MODULE, SCAN, USE_THE_SYSTEM } from '../src/inside.ts';
import { lockText } from '../src/lock.ts';
import { outsidePython, predictOutside, type Reference } from '../src/outside.ts';
import { predict } from '../src/predict.ts';
import { layoutDigest, layoutManifest, makeProject, type Project } from '../src/project.ts';

const world = inject('world');

const ARCHIVE = ['--output', 'archive'];

let project: Project;
let scratch: string;

beforeAll(async () => {
  project = await makeProject(world, 'diabetes');
  scratch = await mkdtemp(join(tmpdir(), 'mlc-scratch-'));
  await mlcontainerOk(world, ['lock'], { cwd: project.folder });
  await mlcontainerOk(world, ['build', '--frozen', ...ARCHIVE], { cwd: project.folder });
});

afterAll(async () => {
  await project.remove();
  await removeMounted(scratch);
});

describe('before the build', () => {
  it('reads framework, version and schema out of the model', async () => {
    const args = ['inspect', 'model.joblib', '--json'];
    const told = await mlcontainerOk(world, args, { cwd: project.folder });
    const text = JSON.stringify(JSON.parse(told));
    expect(text).toContain('sklearn.pipeline.Pipeline');
    expect(text).toMatch(/"name":"scikit-learn","version":"\d+\.\d+/);
  });

  it('plans the same twice, without host, path or time', async () => {
    const args = ['plan', '--json'];
    const first = await mlcontainerOk(world, args, { cwd: project.folder });
    expect(await mlcontainerOk(world, args, { cwd: project.folder })).toBe(first);
    expect(first).not.toContain(project.folder);
    expect(first.replaceAll(/https:\/\/mlcontainer\.dev\/\S*/g, '')).not.toContain('://');
  });

  it('explains what it decided', async () => {
    const told = await mlcontainerOk(world, ['explain'], { cwd: project.folder });
    expect(told).toContain('framework-sklearn');
  });

  it('locks every input by hash and names no host', async () => {
    const text = await lockText(project);
    expect(text).not.toContain('://');
    expect(text.match(/\b[0-9a-f]{64}\b/g)?.length).toBeGreaterThan(20);
    expect(text).toContain('scikit_learn-');
  });
});

describe('the layout', () => {
  it('is not built again when nothing changed', async () => {
    const before = await layoutDigest(project.layout);
    await mlcontainerOk(world, ['build', '--frozen', '--offline', ...ARCHIVE], {
      cwd: project.folder,
    });
    expect(await layoutDigest(project.layout)).toBe(before);
  });

  it('builds offline from a frozen plan', async () => {
    const plan = join(scratch, 'plan.json');
    const before = await layoutDigest(project.layout);
    await output('tee', [plan], {
      input: await mlcontainerOk(world, ['plan', '--json'], { cwd: project.folder }),
    });
    await mlcontainerOk(world, ['build', '--plan', plan, '--offline', ...ARCHIVE], {
      cwd: project.folder,
    });
    expect(await layoutDigest(project.layout)).toBe(before);
  });

  it('is at most 95 MB', async () => {
    const { layers } = await layoutManifest(project.layout);
    expect(layers.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(95e6);
  });

  it('is what the validator recomputes', async () => {
    const result = await mlcontainer(world, ['inspect', project.layout], { cwd: project.folder });
    expect(result).toMatchObject({ code: 0 });
  });

  it('is copied by skopeo', async () => {
    await output('skopeo', [
      'copy',
      '--quiet',
      `oci:${project.layout}`,
      `dir:${join(scratch, 'skopeo')}`,
    ]);
    const manifest = JSON.parse(await readFile(join(scratch, 'skopeo', 'manifest.json'), 'utf8'));
    expect(manifest.layers).toHaveLength((await layoutManifest(project.layout)).layers.length);
  });

  it('is unpacked by umoci', async () => {
    const index = JSON.parse(await readFile(join(project.layout, 'index.json'), 'utf8'));
    const tag = index.manifests[0].annotations?.['org.opencontainers.image.ref.name'];
    expect(tag).toBeTypeOf('string');
    await output('umoci', [
      'unpack',
      '--image',
      `${project.layout}:${tag}`,
      join(scratch, 'umoci'),
    ]);
    const passwd = await readFile(join(scratch, 'umoci', 'rootfs', 'etc', 'passwd'), 'utf8');
    expect(passwd).toContain(':65532:');
  });

  it('is taken by buildah', async () => {
    // buildah makes the image's name of the path, and names are lower case.
    const link = join(tmpdir(), `mlc-layout-${process.pid}`);
    await symlink(project.layout, link);
    const storage = ['--root', join(scratch, 'buildah'), '--runroot', join(scratch, 'run')];
    const buildah = async (...args: string[]) => await output('buildah', [...storage, ...args]);
    const container = (await buildah('from', `oci:${link}`)).trim();
    const user = await buildah('inspect', '--format', '{{.OCIv1.Config.User}}', container);
    await buildah('rm', container);
    await buildah('rmi', '--all', '--force');
    await rm(link);
    expect(user).toContain('65532');
  });
});

describe('in a Docker engine, read-only, as UID 65532', () => {
  let image: string;
  let container: Container;
  let reference: Reference;

  beforeAll(async () => {
    const version = /scikit_learn-([\d.]+)-/.exec(await lockText(project))?.[1] ?? '';
    const python = await outsidePython(world, [`scikit-learn==${version}`]);
    reference = await predictOutside(python, join(project.folder, 'model.joblib'), 'diabetes');
    image = await dockerLoad(project.archive);
    container = await startContainer(image);
  });

  afterAll(async () => {
    await container.remove();
    await capture('docker', ['image', 'rm', '--force', image]);
  });

  it('predicts the whole data set as scikit-learn does outside, to the last bit', async () => {
    expect(reference.rows).toHaveLength(442);
    const answer = await predict(container.url, reference.rows);
    expect(answer.predictions).toEqual(reference.predictions);
  });

  it('predicts single rows as it predicts all', async () => {
    for (const index of [0, 220, 441]) {
      const answer = await predict(container.url, [reference.rows[index]]);
      expect(answer.predictions).toEqual([reference.predictions[index]]);
    }
  });

  it('logs JSON lines', async () => {
    const lines = (await container.logs()).trim().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow();
  });

  it('imports every module of the standard library', async () => {
    const told = JSON.parse(await pythonInside(image, IMPORT_EVERY_MODULE));
    expect(told.failed).toEqual({});
    expect(told.imported).toBeGreaterThan(200);
  });

  it('has certificates, time zones, names and libraries', async () => {
    const told = JSON.parse(await pythonInside(image, USE_THE_SYSTEM));
    expect(told).toMatchObject({
      berlin: 7200,
      localhost: ['127.0.0.1'],
      https: 443,
      libc: 'libc.so.6',
    });
    expect(told).toMatchObject({ libssl: true, strlen: 4, uid: 65532 });
    expect(told.authorities).toBeGreaterThan(100);
    expect(told.zones).toBeGreaterThan(400);
    expect(told.encoding.toLowerCase()).toMatch(/^utf-?8$/);
  });

  it('compiles nothing when it imports', async () => {
    const told = JSON.parse(await pythonInside(image, COMPILED_FROM_SOURCE));
    expect(told.compiled).toEqual([]);
    expect(told.control).toContain('/usr/lib/python3.11/tabnanny.py');
  });

  it('runs console scripts', async () => {
    const args = [
      'run',
      '--rm',
      '--read-only',
      '--user=65532',
      '--network=none',
      '--entrypoint=uvicorn',
      image,
    ];
    expect(await output('docker', [...args, '--version'])).toContain('uvicorn');
  });

  it('shows a scanner every package of the lock', async () => {
    const { debian, python, record } = JSON.parse(await pythonInside(image, SCAN));
    const lock = JSON.parse(await lockText(project));
    const wheels = [...JSON.stringify(lock).matchAll(/"([A-Za-z0-9_.]+)-([^-"/]+)-[^"/]*\.whl"/g)];
    const debs = [
      ...JSON.stringify(lock).matchAll(
        /"(?:[^"/]*\/)*([a-z0-9][a-z0-9+.-]+)_([^_"/]+)_(?:amd64|all)\.deb"/g,
      ),
    ];
    const normal = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, '-');
    const found = Object.keys(python).map(normal);
    expect(wheels.length).toBeGreaterThan(5);
    expect(debs.length).toBeGreaterThan(20);
    expect(
      wheels.map(([, name = '']) => normal(name)).filter((name) => !found.includes(name)),
    ).toEqual([]);
    expect(debs.map(([, name = '']) => name).filter((name) => !(name in debian))).toEqual([]);
    expect(Object.values(record).every(Boolean)).toBe(true);
  });

  it('ends in order on SIGTERM', async () => {
    const other = await startContainer(image);
    const code = await other.stop();
    await other.remove();
    expect([0, 143]).toContain(code);
  });
});
