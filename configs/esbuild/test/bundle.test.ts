import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle } from '../src/bundle.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlc-bundle-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(folder, 'bin.ts'),
    "#!/usr/bin/env node\nimport { word } from './word.ts';\nif (word) console.log((await import('./lazy.ts')).lazy);\n",
  );
  await writeFile(join(folder, 'word.ts'), "export const word: string = 'here';\n");
  await writeFile(join(folder, 'lazy.ts'), "import 'node:fs';\nexport const lazy = 'lazy';\n");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('joins the modules of a package and keeps what is loaded later apart', async () => {
  const outdir = join(folder, 'dist');
  await bundle({ entryPoints: [join(folder, 'bin.ts')], outdir });
  expect((await readdir(outdir)).toSorted()).toEqual(['bin.js', 'bin.js.map', 'chunks']);
  const { stdout } = await promisify(execFile)(process.execPath, [join(outdir, 'bin.js')]);
  expect(stdout).toBe('lazy\n');
});
