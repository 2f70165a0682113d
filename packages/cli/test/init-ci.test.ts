import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mlc } from './run.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mlc-init-ci-'));
  await mkdir(join(root, '.git'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const text = (path: string) => readFile(join(root, path), 'utf8');

test('writes a config and the files of several systems', async () => {
  await writeFile(join(root, 'model.pkl'), 'model');
  const { code, stdout } = await mlc('init --ci github,tekton --ci cloud-build --json', {
    cwd: root,
  });
  expect(code).toBe(0);
  const paths = [
    '.github/workflows/mlcontainer.yml',
    'tekton/task.yaml',
    'tekton/pipeline.yaml',
    'cloudbuild.yaml',
  ];
  expect(JSON.parse(stdout)).toMatchObject({
    model: 'model.pkl',
    ci: paths.map((path) => join(root, path)),
  });
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(await text('mlcontainer.config.ts')).toContain('defineConfig');
  expect(await text('cloudbuild.yaml')).toContain(`node:${process.versions.node}-`);
});

test('a config that is there stays, and the CI files come beside it', async () => {
  await writeFile(join(root, 'mlcontainer.config.ts'), 'mine');
  const { code, stderr } = await mlc('init --ci gitlab', { cwd: root });
  expect(code).toBe(0);
  expect(stderr).toContain('.gitlab-ci.yml');
  expect(stderr).toContain('mlcontainer lock');
  expect(await text('mlcontainer.config.ts')).toBe('mine');
  expect((await mlc('init model.pkl --ci github', { cwd: root })).code).toBe(2);
});

test('a pipeline that is there stays, and ours is included', async () => {
  await writeFile(join(root, 'mlcontainer.config.ts'), 'mine');
  await writeFile(join(root, '.gitlab-ci.yml'), 'mine');
  const { stderr } = await mlc('init --ci gitlab', { cwd: root });
  expect(stderr).toContain('include: [{ local: mlcontainer.gitlab-ci.yml }]');
  expect(await text('.gitlab-ci.yml')).toBe('mine');
  expect(await text('mlcontainer.gitlab-ci.yml')).toContain('mlcontainer push');
});

test('nothing is written over, and nothing is written when one is there', async () => {
  await writeFile(join(root, 'mlcontainer.config.ts'), 'mine');
  await writeFile(join(root, 'cloudbuild.yaml'), 'mine');
  expect(await mlc('init --ci github,cloud-build', { cwd: root })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('MLC1110') as string,
  });
  expect(existsSync(join(root, '.github'))).toBe(false);
  expect((await mlc('init --ci cloud-build --force --yes', { cwd: root })).code).toBe(0);
  expect(await text('cloudbuild.yaml')).toContain('steps:');
  expect(await text('mlcontainer.config.ts')).toBe('mine');
});

test('a project in a folder of a repository is entered there', async () => {
  const cwd = join(root, 'services/churn');
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'mlcontainer.config.ts'), 'mine');
  await writeFile(join(cwd, 'package.json'), '{"name":"@team/Churn_Model"}');
  await mlc('init --ci github,cloud-build,tekton', { cwd });
  const workflow = await text('.github/workflows/mlcontainer.yml');
  expect(workflow).toContain('working-directory: "services/churn"');
  expect(workflow).toContain('cache-dependency-path: services/churn/package-lock.json');
  expect(workflow).toContain("hashFiles('services/churn/mlcontainer.lock')");
  expect(await text('cloudbuild.yaml')).toContain('/models/churn-model\n');
  expect(await text('tekton/pipeline.yaml')).toContain('name: churn-model-image');
  await writeFile(join(root, 'package-lock.json'), '{}');
  await mlc('init --ci github --force', { cwd });
  const again = await text('.github/workflows/mlcontainer.yml');
  expect(again).toContain('cache-dependency-path: package-lock.json');
});

test('an unknown system is named', async () => {
  expect(await mlc('init --ci jenkins', { cwd: root })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cloud-build') as string,
  });
});
