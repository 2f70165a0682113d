import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { probeBuildah } from '@mlcontainer/buildah-wrapper';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build } from '../src/build.ts';
import { validateImage } from '../src/image/inspect.ts';
import { readLock, writeLock } from '../src/lock/file.ts';
import { explain } from '../src/plan/explain.ts';
import { makeBase, pythonFiles, seedBase, SYSTEM, type LayerFiles } from './support/base-image.ts';
import { baseWorld, type BaseWorld } from './support/base-world.ts';
import { emptyLock } from './support/lock.ts';

/** A shell of this machine, as an image of others brings its own. */
function shell(): LayerFiles {
  const linked = execFileSync('ldd', ['/usr/bin/sh'], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/(\/\S+\.so\S*)/g)].map(([, path = '']) => path);
  const files = libraries.map((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return [`usr/lib/x86_64-linux-gnu/${name}`, readFileSync(realpathSync(path))] as const;
  });
  return { ...Object.fromEntries(files), 'usr/bin/sh': readFileSync('/usr/bin/sh') };
}

let world: BaseWorld;
beforeEach(async () => {
  world = await baseWorld();
  const layers = [SYSTEM, pythonFiles('usr/local', '3.11.9'), shell()];
  await seedBase(world.registry, 'team/base:v1', await makeBase({ layers }));
});
afterEach(() => world[Symbol.asyncDispose]());

test('a step on a base image uses the shell of that image', { timeout: 120_000 }, async () => {
  const run = [{ command: 'echo "$PATH" > /usr/made', slot: 'runtime' }] as const;
  const planning = world.plan('team/base:v1', { run });
  if (process.arch !== 'x64') {
    // The base of this test is for amd64 alone.
    await expect(planning).rejects.toMatchObject({ code: 'MLC8507' });
    return;
  }
  const plan = await planning;
  expect(explain(plan, undefined, 'steps.tools')).toEqual([]);
  await writeLock(world.root, emptyLock(plan));
  const probe = await probeBuildah(world.cx);
  const cx = { ...world.cx, buildah: () => Promise.resolve(probe) };
  const options = {
    plan,
    root: world.root,
    frozen: false,
    outDir: 'dist',
    outputs: ['layout'],
  } as const;
  const report = await build(cx, options);
  const { findings } = await validateImage(cx, report.layout!);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const step = report.images[0]?.layers.find(({ title }) => title.startsWith('step'));
  expect(step).toMatchObject({ slot: 'runtime' });
  expect(Object.keys((await readLock(world.root))!.layers)).toContain(step?.recipe);
});
