import { access, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, output } from '@mlcontainer/tools';
import type { ErrorCode } from '@mlcontainer/plugin-kit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainer } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { outsidePython } from '../src/outside.ts';
import { makeProject, type Project } from '../src/project.ts';
import { expectFindings, expectRefusal } from '../src/refusal.ts';

const world = inject('world');

describe('a bad model stops the plan', () => {
  let project: Project;
  let models: string;

  beforeAll(async () => {
    project = await makeProject(world, 'diabetes');
    models = await mkdtemp(join(tmpdir(), 'mlc-models-'));
    const python = await outsidePython(world, ['joblib', 'numpy']);
    await output(python, [join(ROOT, 'e2e', 'python', 'bad_models.py'), models]);
  });

  afterAll(async () => {
    await project.remove();
    await rm(models, { recursive: true, force: true });
  });

  async function planWith(model: string, extra = '') {
    await configure(project, extra, model);
    return await mlcontainer(world, ['plan', '--json'], { cwd: project.folder });
  }

  it('that is missing', async () => {
    expectRefusal(await planWith('nowhere.joblib'), 'MLC3001');
  });

  it.each<[string, ErrorCode[]]>([
    ['cut.joblib', ['MLC3010']],
    ['longer.joblib', ['MLC3011']],
    ['empty.joblib', ['MLC3003']],
    ['opcode.pkl', ['MLC3012']],
    ['system.pkl', ['MLC3021']],
    ['behind.joblib', ['MLC3021']],
  ])('%s', async (file, codes) => {
    await copyFile(join(models, file), join(project.folder, file));
    expectFindings(await planWith(file), ...codes);
  });

  it('of a version that has no wheels for this Python', async () => {
    await copyFile(join(models, 'old.joblib'), join(project.folder, 'old.joblib'));
    expectRefusal(await planWith('old.joblib'), 'MLC3102');
  });

  it('also when it is only inspected, and never runs it', async () => {
    await copyFile(join(models, 'behind.joblib'), join(project.folder, 'behind.joblib'));
    const result = await mlcontainer(world, ['inspect', 'behind.joblib'], { cwd: project.folder });
    expectFindings(result, 'MLC3021');
    await expect(access('/tmp/mlc-owned')).rejects.toThrow('ENOENT');
  });

  it('with a pin that contradicts it', async () => {
    await copyFile(join(models, 'good.joblib'), join(project.folder, 'good.joblib'));
    expectRefusal(
      await planWith('good.joblib', "requirements: ['scikit-learn==1.5.0']"),
      'MLC3100',
    );
  });

  it('in a config with every problem at once', async () => {
    const text = "export default { modell: 'x', platforms: ['linux/s390x'] };\n";
    await writeFile(join(project.folder, 'mlcontainer.config.ts'), text);
    const result = await mlcontainer(world, ['plan'], { cwd: project.folder });
    expectRefusal(result, 'MLC1009');
    for (const word of ['modell', 'model', 'platforms[0]']) expect(result.stderr).toContain(word);
  });
});
