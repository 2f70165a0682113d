import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installTarballs, output, publintFindings, typeFindings } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainer } from '../src/cli.ts';

const world = inject('world');

/** An empty project into which every package is installed from its tarball. */
let app: string;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'mlc-all-'));
  await installTarballs(app, world.tarballs);
});

afterAll(() => rm(app, { recursive: true, force: true }));

describe.each(world.tarballs.map((tarball) => ({ name: tarball.name, tarball })))(
  '$name',
  ({ name, tarball }) => {
    it('is packed without a finding of publint', async () => {
      expect(await publintFindings(tarball)).toEqual([]);
    });

    it('has types that resolve', async () => {
      expect(await typeFindings(tarball)).toBe('');
    });

    it('carries licence and README and nothing of the workspace', async () => {
      const files = (await output('tar', ['-tzf', tarball.path])).trim().split('\n');
      expect(files).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md']));
      expect(files.filter((file) => /\.test\.|\/src\/|tsconfig|vitest/.test(file))).toEqual([]);
      const manifest = await output('tar', ['-xzOf', tarball.path, 'package/package.json']);
      expect(manifest).not.toContain('@mlcontainer/source');
    });

    it('is imported in an empty project', async () => {
      const script = `const all = await import(${JSON.stringify(name)}); console.log(Object.keys(all).length);`;
      const count = await output('node', ['--input-type=module', '--eval', script], {
        cwd: app,
      });
      expect(Number(count)).toBeGreaterThan(0);
    });
  },
);

describe('installed together', () => {
  it('resolves every package of ours to its tarball', async () => {
    const listed = JSON.parse(
      await output('npm', ['ls', '--all', '--json', '--loglevel=silent'], { cwd: app }),
    );
    expect(JSON.stringify(listed.problems ?? [])).toBe('[]');
    for (const { name } of world.tarballs)
      expect(listed.dependencies[name].resolved).toMatch(/^file:/);
  });

  it('starts the command line', async () => {
    const version = world.tarballs.find(({ name }) => name === 'mlcontainer')?.version;
    const result = await mlcontainer(world, ['--version'], { cwd: world.app });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(version ?? 'none') });
  });

  it('gives a config its types', async () => {
    const config = [
      "import { defineConfig } from 'mlcontainer';",
      "export default defineConfig({ model: 'model.joblib' });",
      '// @ts-expect-error a model is a path or an object',
      'export const wrong = defineConfig({ model: 1 });',
    ].join('\n');
    await output('tee', ['mlcontainer.config.ts'], { cwd: app, input: config });
    const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023'];
    await output('tsc', [...flags, 'mlcontainer.config.ts'], { cwd: app });
  });
});
