import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '@mlcontainer/plugin-kit';
import { parseLock, readLock, writeLock } from '../src/lock/file.ts';
import { driftOf, makeLock } from '../src/lock/make.ts';
import type { Lock } from '../src/lock/types.ts';
import { makePlan } from '../src/plan/make.ts';
import { testContext, type TestContext } from './support/context.ts';
import { emptyLock } from './support/lock.ts';
import { framework, project } from './support/project.ts';

let cx: TestContext;
let plan: Plan;
let lock: Lock;
beforeEach(async () => {
  cx = await testContext();
  plan = await makePlan(cx, await project(cx.root, undefined, { bytecode: false }));
  lock = emptyLock(plan);
});
afterEach(() => cx.dispose());

const frozen = { frozen: true, update: false };

describe('a frozen lock', () => {
  test('must exist', async () => {
    await expect(makeLock(cx, plan, cx.root, frozen)).rejects.toMatchObject({ code: 'MLC2201' });
  });

  test('answers the plan that it was made for', async () => {
    await writeLock(cx.root, lock);
    expect(await makeLock(cx, plan, cx.root, frozen)).toEqual(lock);
  });

  test('is stale when requirements change, and says in what', async () => {
    await writeLock(cx.root, lock);
    const more = await makePlan(
      cx,
      await project(cx.root, undefined, { requirements: ['pandas'] }),
    );
    await expect(makeLock(cx, more, cx.root, frozen)).rejects.toMatchObject({
      code: 'MLC2202',
      data: { drift: expect.arrayContaining([expect.stringContaining('Python')]) as unknown },
    });
  });

  test('is stale when a plugin has another version', async () => {
    const newer = await makePlan(
      cx,
      await project(cx.root, [framework({ version: '1.0.1' })], { bytecode: false }),
    );
    expect(driftOf(newer, lock)).toEqual([expect.stringContaining('framework-some is 1.0.1')]);
  });
});

test('a lock that still answers needs no network and is not written again', async () => {
  await writeLock(cx.root, lock);
  const file = path.join(cx.root, 'mlcontainer.lock');
  const { mtimeMs, ino } = await stat(file);
  expect(await makeLock(cx, plan, cx.root, { frozen: false, update: false })).toEqual(lock);
  expect(await writeLock(cx.root, lock)).toBe(false);
  expect(await stat(file)).toMatchObject({ mtimeMs, ino });
});

test('resolving offline fails before anything is written', async () => {
  const update = { frozen: false, update: true };
  await expect(makeLock(cx, plan, cx.root, update)).rejects.toMatchObject({ code: 'MLC7005' });
  expect(await readLock(cx.root)).toBeUndefined();
});

test.each([
  ['not JSON', '<<<<<<< ours'],
  ['another version', '{"lockVersion": 99}'],
  ['a part missing', '{"lockVersion": 1, "plugins": []}'],
  [
    'bases that are no list',
    '{"lockVersion":1,"plugins":[],"debian":[],"tools":[],"python":[],"requests":{},"layers":{},"bases":{}}',
  ],
])('%s is no lock', (_, text) => {
  expect(() => parseLock(text)).toThrow(expect.objectContaining({ code: 'MLC2203' }));
});

test('the file is JSON with sorted keys, for small diffs', async () => {
  await writeLock(cx.root, lock);
  const text = await readFile(path.join(cx.root, 'mlcontainer.lock'), 'utf8');
  const keys = Object.keys(JSON.parse(text) as object);
  expect(keys).toEqual([...keys].sort());
  await writeFile(path.join(cx.root, 'mlcontainer.lock'), text);
  expect(await readLock(cx.root)).toEqual(lock);
});
