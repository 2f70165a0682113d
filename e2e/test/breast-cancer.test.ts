import { join } from 'node:path';
import { capture } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainerOk } from '../src/cli.ts';
import { dockerLoad, startContainer, type Container } from '../src/engine.ts';
import { lockText } from '../src/lock.ts';
import { outsidePython, predictOutside } from '../src/outside.ts';
import { predict } from '../src/predict.ts';
import { layoutManifest, makeProject, type Project } from '../src/project.ts';

const world = inject('world');

describe('breast cancer', () => {
  let project: Project;
  let image: string;
  let container: Container;

  beforeAll(async () => {
    project = await makeProject(world, 'breast-cancer');
    await mlcontainerOk(world, ['build', '--output', 'archive'], { cwd: project.folder });
    image = await dockerLoad(project.archive);
    container = await startContainer(image);
  });

  afterAll(async () => {
    await container.remove();
    await capture('docker', ['image', 'rm', '--force', image]);
    await project.remove();
  });

  it('predicts the whole data set as scikit-learn does outside, to the last bit', async () => {
    const version = /scikit_learn-([\d.]+)-/.exec(await lockText(project))?.[1] ?? '';
    const python = await outsidePython(world, [`scikit-learn==${version}`]);
    const reference = await predictOutside(
      python,
      join(project.folder, 'model.joblib'),
      'breast-cancer',
    );
    expect(reference.rows).toHaveLength(569);
    const answer = await predict(container.url, reference.rows);
    expect(answer.predictions).toEqual(reference.predictions);
  });

  it('shares every layer of packages with the other example', async () => {
    const other = await makeProject(world, 'diabetes');
    await mlcontainerOk(world, ['build'], { cwd: other.folder });
    const [mine, theirs] = await Promise.all([
      layoutManifest(project.layout),
      layoutManifest(other.layout),
    ]);
    await other.remove();
    const shared = new Set(theirs.layers.map(({ digest }) => digest));
    const own = mine.layers.filter(({ digest }) => !shared.has(digest));
    const bytes = own.reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThan(2e6);
  });
});
