import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, output } from '@mlcontainer/tools';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { dockerLoad, pythonInside, startContainer } from '../src/engine.ts';
import { IMPORT_EVERY_MODULE } from '../src/inside.ts';
import { outsidePython, predictOutside } from '../src/outside.ts';
import { predict } from '../src/predict.ts';
import { makeProject, type Project } from '../src/project.ts';

const world = inject('world');

let project: Project;

/** One of several indexes may carry wheels for one platform alone. */
const env = { UV_INDEX_STRATEGY: 'unsafe-best-match' };

beforeEach(async () => {
  project = await makeProject(world, 'diabetes');
});

afterEach(() => project.remove());

describe('Debian trixie', () => {
  it('brings Python 3.13, which imports everything and predicts the same', async () => {
    await configure(project, "name: 'diabetes', base: base('trixie')");
    await mlcontainerOk(world, ['build', '--output', 'archive'], { cwd: project.folder, env });
    const image = await dockerLoad(project.archive);
    const container = await startContainer(image);
    try {
      const told = JSON.parse(await pythonInside(image, IMPORT_EVERY_MODULE));
      expect(told.failed).toEqual({});
      const python = await outsidePython(world, ['scikit-learn==1.9.1']);
      const reference = await predictOutside(
        python,
        join(project.folder, 'model.joblib'),
        'diabetes',
      );
      expect((await predict(container.url, reference.rows)).predictions).toEqual(
        reference.predictions,
      );
    } finally {
      await container.remove();
      await capture('docker', ['image', 'rm', '--force', image]);
    }
  });
});

describe('two platforms', () => {
  it('come in one index, from this machine', async () => {
    await configure(project, "name: 'diabetes', platforms: ['linux/amd64', 'linux/arm64']");
    await mlcontainerOk(world, ['build', '--output', 'archive'], { cwd: project.folder, env });
    const index = JSON.parse(await output('skopeo', ['inspect', '--raw', `oci:${project.layout}`]));
    const platforms = index.manifests.map((entry: { platform: object }) => entry.platform);
    expect(platforms).toEqual([
      { architecture: 'amd64', os: 'linux' },
      expect.objectContaining({ architecture: 'arm64', os: 'linux' }),
    ]);
    expect(
      (await mlcontainer(world, ['inspect', project.layout], { cwd: project.folder })).code,
    ).toBe(0);
    const foreign = join(project.folder, 'arm64');
    const arm64 = [
      '--override-arch',
      'arm64',
      'copy',
      '--quiet',
      `oci:${project.layout}`,
      `dir:${foreign}`,
    ];
    await output('skopeo', arm64);
    const manifest = JSON.parse(await readFile(join(foreign, 'manifest.json'), 'utf8'));
    expect(manifest.layers.length).toBeGreaterThan(10);
    const image = await dockerLoad(project.archive);
    expect(
      await output('docker', ['image', 'inspect', '--format', '{{.Architecture}}', image]),
    ).toBe('amd64\n');
    await capture('docker', ['image', 'rm', '--force', image]);
  });
});
