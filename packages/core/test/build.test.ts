import { readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '@mlcontainer/plugin-kit';
import { build } from '../src/build.ts';
import { validateImage } from '../src/image/inspect.ts';
import { readLock, writeLock } from '../src/lock/file.ts';
import type { OutputKind } from '../src/outputs/image.ts';
import type { BuildReport } from '../src/outputs/report.ts';
import { makePlan } from '../src/plan/make.ts';
import { testContext, type TestContext } from './support/context.ts';
import { emptyLock } from './support/lock.ts';
import { framework, project, target } from './support/project.ts';

let cx: TestContext;
let plan: Plan;
beforeEach(async () => {
  cx = await testContext();
  plan = await planned();
  await writeLock(cx.root, emptyLock(plan));
});
afterEach(() => cx.dispose());

async function planned(over: object = {}, model?: Uint8Array): Promise<Plan> {
  const options = { bytecode: false, image: 'registry.example/team/some-model', ...over };
  return makePlan(cx, await project(cx.root, [framework(), target()], options, model));
}

function run(
  over: { plan?: Plan; frozen?: boolean; outDir?: string; outputs?: readonly OutputKind[] } = {},
): Promise<BuildReport> {
  return build(cx, {
    plan,
    root: cx.root,
    frozen: false,
    outDir: 'dist',
    outputs: ['layout'],
    ...over,
  });
}

describe('a build', () => {
  test('writes a layout whose every digest and size is true', async () => {
    const report = await run();
    const { findings, images } = await validateImage(cx, report.layout!);
    expect(findings).toEqual([]);
    expect(images.map(({ digest }) => digest)).toEqual([report.digest]);
    expect(images[0]).toMatchObject({ platform: 'linux/amd64', user: '65532:65532' });
  });

  test('fills the image’s reference into the specs', async () => {
    const report = await run();
    const spec = path.join(cx.root, 'dist/some-model/targets/target-some/service.yaml');
    expect(await readFile(spec, 'utf8')).toBe(
      `image: registry.example/team/some-model@${report.digest}\n`,
    );
  });

  test('gives the same digest in another folder, and from an empty store', async () => {
    const first = await run();
    const other = await testContext();
    try {
      const again = await makePlan(
        other,
        await project(other.root, [target(), framework()], { bytecode: false, image: plan.image! }),
      );
      await writeLock(other.root, emptyLock(again));
      const second = await build(other, {
        plan: again,
        root: other.root,
        frozen: true,
        outDir: 'out',
        outputs: ['layout', 'archive'],
      });
      expect(second.digest).toBe(first.digest);
    } finally {
      await other.dispose();
    }
  });

  test('makes nothing twice', async () => {
    await run();
    const again = await run();
    expect(again.images[0]?.layers.every((layer) => layer.reused)).toBe(true);
  });

  test('remakes only the model’s layer when only the model changes', async () => {
    await run();
    const changed = await planned({}, Buffer.from('80027d710055056f746865724b2b732e', 'hex'));
    const report = await run({ plan: changed });
    const made = report.images[0]?.layers.filter((layer) => !layer.reused).map(({ slot }) => slot);
    // The server's settings name the model by its hash.
    expect(made).toEqual(['model', 'model']);
  });

  test('remembers its layers in the lock, and a frozen build holds itself to them', async () => {
    await run();
    const lock = (await readLock(cx.root))!;
    const [recipe, layer] = Object.entries(lock.layers)[0]!;
    const forged = { ...layer, digest: `sha256:${'0'.repeat(64)}` as const };
    await writeLock(cx.root, { ...lock, layers: { ...lock.layers, [recipe]: forged } });
    await expect(run({ frozen: true })).rejects.toMatchObject({ code: 'MLC2301' });
  });

  test('joins two platforms in one index and shares what does not depend on them', async () => {
    const both = await planned({ platforms: ['linux/amd64', 'linux/arm64'] });
    await writeLock(cx.root, emptyLock(both));
    const report = await run({ plan: both, outputs: ['layout', 'archive'] });
    const [amd64, arm64] = report.images.map((image) => image.layers.map(({ digest }) => digest));
    expect(report.images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(amd64?.filter((digest) => arm64?.includes(digest)).length).toBeGreaterThanOrEqual(3);
    expect((await validateImage(cx, report.archive!)).findings).toEqual([]);
  });
});

describe('a failed build', () => {
  test('because the model changed after the plan leaves no output', async () => {
    await writeFile(path.join(cx.root, 'model.pkl'), 'something else');
    await expect(run()).rejects.toMatchObject({ code: 'MLC2112' });
    expect(await readdir(cx.root)).not.toContain('dist');
  });

  test('leaves the output of the build before as it was', async () => {
    const before = await run();
    await writeFile(path.join(cx.root, 'model.pkl'), 'something else');
    const other = {
      ...plan,
      model: { ...plan.model, facts: { ...plan.model.facts, sha256: '0'.repeat(64) } },
    };
    await expect(run({ plan: other })).rejects.toMatchObject({ code: 'MLC2112' });
    const { images, findings } = await validateImage(cx, before.layout!);
    expect(findings).toEqual([]);
    expect(images[0]?.digest).toBe(before.digest);
  });

  test('ends when it is aborted', async () => {
    const stopped = AbortSignal.abort(new Error('stop'));
    const inner = { ...cx, signal: stopped };
    await expect(
      build(inner, { plan, root: cx.root, frozen: false, outDir: 'dist', outputs: ['layout'] }),
    ).rejects.toThrow('stop');
  });

  test('that cannot write says so', async () => {
    await writeFile(path.join(cx.root, 'blocked'), '');
    await chmod(path.join(cx.root, 'blocked'), 0o444);
    await expect(run({ outDir: 'blocked' })).rejects.toThrow(/ENOTDIR|EEXIST|not a directory/);
  });
});

describe('before much work', () => {
  /** Names of what is in the output's folder each time that the engine warns, or ends there. */
  async function warned(of: Plan, end?: Error): Promise<string[][]> {
    const seen: string[][] = [];
    const dist = path.join(cx.root, 'dist');
    const beforeMuchWork = (): void => {
      seen.push(readdirSync(dist, { recursive: true }).map(String).sort());
      if (end !== undefined) throw end;
    };
    await mkdir(dist, { recursive: true });
    const common = { root: cx.root, frozen: false, outDir: 'dist' } as const;
    const options = { ...common, plan: of, outputs: ['layout'] } as const;
    await build({ ...cx, beforeMuchWork }, options).catch((error: unknown) => {
      if (error !== end) throw error;
    });
    return seen;
  }

  test('it says so while nothing is half done', async () => {
    expect(await warned(plan, new Error('another process goes on'))).toEqual([[]]);
    expect(await warned(plan)).toEqual([[]]);
  });

  test('a model, and what is there already, is not much', async () => {
    await run();
    expect(await warned(plan)).toEqual([]);
    const changed = await planned({}, Buffer.from('80027d710055056f746865724b2b732e', 'hex'));
    expect(await warned(changed)).toEqual([]);
  });
});
