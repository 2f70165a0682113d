import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeEngine } from './fake-engine.ts';
import { FACTS } from './fake-plan.ts';
import { mlc } from './run.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mlc-init-'));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

async function files(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), 'model');
  }
}

const config = () => readFile(join(cwd, 'mlcontainer.config.ts'), 'utf8');

describe('init', () => {
  test('writes a config for the model that it finds', async () => {
    await files(
      'models/model.joblib.gz',
      'data.csv',
      'node_modules/a/b.pkl',
      '.git/c.pkl',
      'a/b/c/d.pkl',
    );
    const { code, stderr } = await mlc('init', { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('mlcontainer plan');
    await expect(await config()).toMatchFileSnapshot('golden/init.txt');
  });

  test('with a target, and as JSON', async () => {
    await files('model.pkl');
    const { stdout } = await mlc('init --target cloud-run --json', { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, model: 'model.pkl' });
    expect(await config()).toContain('plugins: [sklearn(), cloudRun()]');
  });

  test('never overwrites a config, unless told to', async () => {
    await files('model.pkl', 'mlcontainer.config.ts');
    expect(await mlc('init', { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('MLC1110'),
    });
    expect(await config()).toBe('model');
    expect((await mlc('init --force', { cwd })).code).toBe(0);
    expect(await config()).toContain('defineConfig');
  });

  test('says what it looked for when there is no model', async () => {
    expect((await mlc('init', { cwd })).stderr).toMatch(/MLC1111[^]*\.joblib/);
  });

  test('asks which of several models, but never a machine', async () => {
    await files('a.pkl', 'b.pkl');
    const asked: string[] = [];
    const ask = (question: string) => {
      asked.push(question);
      return Promise.resolve('2');
    };
    for (const options of [{}, { ask, env: { CI: '1' } }]) {
      expect((await mlc('init', { cwd, ...options })).stderr).toContain('MLC1112');
    }
    expect((await mlc('init --yes', { cwd, ask })).stderr).toContain('MLC1112');
    expect(asked).toEqual([]);
    expect((await mlc('init', { cwd, ask })).code).toBe(0);
    expect(asked[0]).toMatch(/1 {2}a\.pkl\n {2}2 {2}b\.pkl/);
    expect(await config()).toContain("model: 'b.pkl'");
  });

  test('quotes what it writes: names come out of a foreign file', async () => {
    const nasty = "*/ ';\u2028process.exit(9);//\n.joblib";
    await files("it's a `model`.pkl");
    const facts = { ...FACTS, estimator: { className: nasty } };
    const engine = fakeEngine({
      over: { inspectFile: () => Promise.resolve({ facts, findings: [] }) },
    });
    await mlc('init', { cwd, engine });
    const lines = (await config()).split(/[\n\u2028]/u);
    expect(lines.filter((line) => line.includes('process.exit'))).toEqual([
      expect.stringMatching(/^ {2}\/\//),
    ]);
    expect(lines).toContain("  model: 'it\\'s a `model`.pkl',");
  });

  test('without a plugin for the model says so', async () => {
    await files('model.onnx');
    const facts = { ...FACTS, format: 'onnx', packages: [] };
    const engine = fakeEngine({
      over: { inspectFile: () => Promise.resolve({ facts, findings: [] }) },
    });
    const { code, stderr } = await mlc('init', { cwd, engine });
    expect(code).toBe(0);
    expect(stderr).toContain('No plugin for onnx');
    expect(await config()).toContain('plugins: []');
  });
});
