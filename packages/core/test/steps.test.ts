import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { probeBuildah, type BuildahProbe } from '@mlcontainer/buildah-wrapper';
import { debian, type Plan, type RunStep } from '@mlcontainer/plugin-kit';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { build } from '../src/build.ts';
import { validateImage } from '../src/image/inspect.ts';
import { imageLayers } from '../src/layers/image-layers.ts';
import { recipeDigest } from '../src/layers/recipe.ts';
import { readLock, writeLock } from '../src/lock/file.ts';
import type { Lock } from '../src/lock/types.ts';
import { explain } from '../src/plan/explain.ts';
import { makePlan } from '../src/plan/make.ts';
import { testContext, type TestContext } from './support/context.ts';
import { emptyLock } from './support/lock.ts';
import { framework, project } from './support/project.ts';
import { hostDeb, SHELL } from './support/shell-deb.ts';

let probe: BuildahProbe;
let cx: TestContext;
beforeAll(async () => {
  const first = await testContext();
  probe = await probeBuildah(first);
  await first.dispose();
  if (!probe.works) throw new Error(`buildah is needed here: ${probe.remedy ?? ''}`);
});
beforeEach(async () => {
  cx = await world();
});
afterEach(() => cx.dispose());

/** A context that has asked what buildah can do here, as that of a real run does once. */
async function world(): Promise<TestContext> {
  return { ...(await testContext()), buildah: () => Promise.resolve(probe) };
}

const HOST = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';

async function planned(
  run: readonly RunStep[],
  over: object = {},
  within: TestContext = cx,
): Promise<Plan> {
  const options = { bytecode: false, platforms: [HOST], run, ...over } as const;
  return makePlan(within, await project(within.root, [framework()], options));
}

/** A lock with an image of next to nothing, and a shell for the build container. */
async function shellLock(plan: Plan, within: TestContext = cx): Promise<Lock> {
  const lock = emptyLock(plan);
  const folder = await mkdtemp(path.join(tmpdir(), 'mlc-shell-'));
  try {
    const tools = [await hostDeb(within.ports, folder, SHELL)];
    const base = { name: 'base', group: 'system', programs: [] } as const;
    const packages = [await hostDeb(within.ports, folder, base)];
    return {
      ...lock,
      debian: lock.debian.map((one) => ({ ...one, packages })),
      steps: lock.debian.map((one) => ({ ...one, packages: tools })),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const absent: BuildahProbe = {
  works: false,
  facts: [{ name: 'buildah', status: 'missing', detail: 'not installed' }],
};
const weak: BuildahProbe = {
  works: false,
  path: '/usr/bin/buildah',
  version: '1.28.2',
  facts: [{ name: 'subuid', status: 'missing', detail: 'none' }],
  remedy: 'usermod …',
};

describe('a plan with steps', () => {
  const step: RunStep = { command: 'true' };

  test.each([
    ['no buildah', absent, 'MLC8501'],
    ['a buildah that cannot work', weak, 'MLC8502'],
    ['an old buildah', { ...weak, version: '1.20.0', tooOld: true }, 'MLC8503'],
  ])('fails where there is %s', async (_, probe, code) => {
    const other = { ...cx, buildah: () => Promise.resolve(probe) };
    await expect(planned([step], {}, other)).rejects.toMatchObject({ code });
  });

  test('fails for a platform that does not run here', async () => {
    const platforms = [HOST === 'linux/amd64' ? 'linux/arm64' : 'linux/amd64'];
    await expect(planned([step], { platforms })).rejects.toMatchObject({ code: 'MLC8507' });
  });

  test('says what it runs, with what, and what is not taken back', async () => {
    const plan = await planned([{ command: 'fetch it', network: true, reason: 'the weights' }]);
    expect(plan.layers.find(({ id }) => id === 'user/run-1')).toEqual({
      id: 'user/run-1',
      owner: 'user',
      slot: 'dependencies',
      source: { kind: 'run', commands: [['/bin/sh', '-ec', 'fetch it']], network: 'declared' },
      reason: 'the weights',
    });
    const subjects = explain(plan, undefined, 'steps').map(({ subject }) => subject);
    expect(subjects).toEqual(['steps.builder', 'steps.tools', 'steps.ignored']);
    const [said] = explain(plan, undefined, 'layers.user/run-1');
    expect(said?.value).toContain('not reproducible');
  });

  test('without steps never asks for buildah', async () => {
    const other: TestContext = {
      ...cx,
      buildah: () => Promise.reject(new Error('it was asked')),
    };
    const plan = await planned([], {}, other);
    await writeLock(cx.root, emptyLock(plan));
    const options = {
      plan,
      root: cx.root,
      frozen: true,
      outDir: 'dist',
      outputs: ['layout'],
    } as const;
    await expect(build(other, options)).resolves.toBeDefined();
  });
});

describe('the recipe of a step', () => {
  async function recipes(over: object = {}, run: readonly RunStep[] = STEPS): Promise<string[]> {
    const plan = await planned(run, over);
    const layers = imageLayers(plan, emptyLock(plan), plan.platforms[0]!);
    return layers
      .filter(({ recipe }) => recipe.kind === 'step')
      .map(({ recipe }) => recipeDigest(recipe));
  }
  const STEPS: readonly RunStep[] = [
    { command: 'one', slot: 'runtime' },
    { command: 'two' },
    { command: 'three', slot: 'app' },
  ];

  test('names what is below it: a later layer does not repeat it, an earlier one does', async () => {
    const before = await recipes();
    await writeFile(path.join(cx.root, 'handler.py'), 'def load(): pass\n');
    const handler = await recipes({ handler: 'handler.py' });
    expect(before.map((digest, index) => digest === handler[index])).toEqual([true, true, false]);
    const [first, ...rest] = STEPS;
    const changed = await recipes({}, [{ ...first!, command: 'other' }, ...rest]);
    expect(before.some((digest, index) => digest === changed[index])).toBe(false);
  });

  test('is refused where a package is named that the image does not have', async () => {
    const base = debian('bookworm', { packages: ['fontconfig'], scripts: ['fontconfg'] });
    const plan = await planned([], { base });
    const layers = () => imageLayers(plan, emptyLock(plan), plan.platforms[0]!);
    expect(layers).toThrowError(expect.objectContaining({ code: 'MLC8508' }));
  });

  test('depends on commands, network and environment', async () => {
    const [step] = await recipes({}, [{ command: 'one' }]);
    expect(await recipes({}, [{ command: 'one', network: true }])).not.toEqual([step]);
    expect(await recipes({ env: { A: 'b' } }, [{ command: 'one' }])).not.toEqual([step]);
    expect(await recipes({}, [{ command: 'one', reason: 'another' }])).toEqual([step]);
  });
});

describe('a build with steps', { timeout: 120_000 }, () => {
  const MADE: RunStep = {
    command: 'mkdir -p /opt/made && date +%s > /tmp/x && echo yes > /opt/made/file',
  };
  const EMPTY: RunStep = { command: 'true' };
  const RANDOM: RunStep = {
    command: 'cat /proc/sys/kernel/random/uuid > /opt/random',
    network: true,
  };

  function run(plan: Plan, frozen: boolean, within: TestContext = cx) {
    return build(within, { plan, root: within.root, frozen, outDir: 'dist', outputs: ['layout'] });
  }

  async function locked(steps: readonly RunStep[], within: TestContext = cx): Promise<Plan> {
    const plan = await planned(steps, {}, within);
    await writeLock(within.root, await shellLock(plan, within));
    return plan;
  }

  test('makes layers, leaves empty ones out, and gives the same digest from an empty store', async () => {
    const report = await run(await locked([MADE, EMPTY]), false);
    expect((await validateImage(cx, report.layout!)).findings).toEqual([]);
    const steps = report.images[0]?.layers.filter(({ title }) => title.startsWith('step'));
    expect(steps?.map(({ title, slot }) => [title, slot])).toEqual([
      ['step user/run-1', 'dependencies'],
    ]);
    const other = await world();
    try {
      const again = await run(await locked([MADE, EMPTY], other), false, other);
      expect(again.digest).toBe(report.digest);
    } finally {
      await other.dispose();
    }
  });

  test('pins what came with the network: reused here, refused where it would be another', async () => {
    const plan = await locked([RANDOM]);
    const first = await run(plan, false);
    expect((await run(plan, true)).digest).toBe(first.digest);
    const lock = await readLock(cx.root);
    const other = await world();
    try {
      const there = await locked([RANDOM], other);
      await writeLock(other.root, lock!);
      await expect(run(there, true, other)).rejects.toMatchObject({ code: 'MLC2301' });
    } finally {
      await other.dispose();
    }
  });

  test('fails with the step’s last words and writes nothing', async () => {
    const plan = await locked([{ command: 'echo why >&2; exit 3' }]);
    await expect(run(plan, false)).rejects.toMatchObject({
      code: 'MLC8504',
      data: { step: 'user/run-1', exit: 3, lines: ['why'] },
    });
  });
});
