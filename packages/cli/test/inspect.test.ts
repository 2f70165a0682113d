import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@mlcontainer/plugin-kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeEngine } from './fake-engine.ts';
import { FACTS } from './fake-plan.ts';
import { mlc } from './run.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mlc-inspect-'));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

const FOUND: Finding = {
  code: 'MLC3021',
  severity: 'error',
  message: 'os.system',
  where: 'byte 12',
};

describe('inspect', () => {
  test('shows what a model is', async () => {
    await writeFile(join(cwd, 'model.joblib'), 'model');
    const { code, stdout } = await mlc('inspect model.joblib', { cwd });
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot('golden/inspect.txt');
  });

  test('gives all facts as JSON', async () => {
    await writeFile(join(cwd, 'model.joblib'), 'model');
    const { stdout } = await mlc('inspect model.joblib --json', { cwd });
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, facts: FACTS, findings: [] });
  });

  test('ends with 3 on findings, and shows them', async () => {
    await writeFile(join(cwd, 'model.joblib'), 'model');
    const over = { inspectFile: () => Promise.resolve({ facts: FACTS, findings: [FOUND] }) };
    const { code, stdout } = await mlc('inspect model.joblib', {
      cwd,
      engine: fakeEngine({ over }),
    });
    expect(code).toBe(3);
    expect(stdout).toContain('✖ os.system at byte 12 MLC3021');
  });

  test('brings the allowlists of the frameworks that come with the tool', async () => {
    await writeFile(join(cwd, 'model.joblib'), 'model');
    const seen: unknown[] = [];
    const over = {
      inspectFile: (_cx: unknown, _path: string, plugins: readonly { name: string }[]) => {
        seen.push(plugins.map(({ name }) => name));
        return Promise.resolve({ facts: FACTS, findings: [] });
      },
    };
    await mlc('inspect model.joblib', { cwd, engine: fakeEngine({ over }) });
    await mlc('inspect model.joblib --config mlcontainer.config.ts', {
      cwd,
      engine: fakeEngine({ over }),
    });
    expect(seen).toEqual([['framework-sklearn'], ['target-cloud-run']]);
  });

  test.each(['folder', 'archive'])('takes an image as %s', async (kind) => {
    const path = join(cwd, 'image');
    const header = Buffer.alloc(512);
    header.write('ustar', 257);
    await (kind === 'folder' ? mkdir(path) : writeFile(path, header));
    const over = {
      validateImage: () =>
        Promise.resolve({
          findings: [],
          images: [
            {
              platform: 'linux/amd64',
              digest: 'sha256:1',
              user: '65532:65532',
              entrypoint: ['python'],
              labels: {},
              size: 1_000_000,
              uncompressedSize: 3_000_000,
              layers: [
                {
                  digest: 'sha256:2',
                  diffId: 'sha256:3',
                  mediaType: 'x',
                  size: 1_000_000,
                  title: 'numpy',
                },
              ],
            },
          ],
        }),
    };
    const { code, stdout } = await mlc('inspect image', { cwd, engine: fakeEngine({ over }) });
    expect(code).toBe(0);
    expect(stdout).toMatch(/linux\/amd64 {2}1\.0 MB in 1 layer[^]*numpy/);
  });

  test('of nothing is an error', async () => {
    expect(await mlc('inspect gone', { cwd })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('MLC1106'),
    });
  });
});
