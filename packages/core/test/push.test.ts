import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodePorts } from '@mlcontainer/node-ports';
import type { Plan } from '@mlcontainer/plugin-kit';
import { startRegistry, type TestRegistry } from '@mlcontainer/testing';
import { build } from '../src/build.ts';
import type { LayerRunner } from '../src/layers/runner.ts';
import { readLock, writeLock } from '../src/lock/file.ts';
import type { BuildReport } from '../src/outputs/report.ts';
import { makePlan } from '../src/plan/make.ts';
import { testContext, type TestContext } from './support/context.ts';
import { emptyLock } from './support/lock.ts';
import { PLAIN_PICKLE, framework, project, target } from './support/project.ts';
import { inlineRunner } from './support/inline-runner.ts';

let cx: TestContext;
let registry: TestRegistry;
let plan: Plan;

beforeEach(async () => {
  cx = withStore(await testContext(), 'first');
  registry = await startRegistry();
  plan = await planned();
  await writeLock(cx.root, emptyLock(plan));
});
afterEach(async () => {
  await registry.close();
  await cx.dispose();
});

async function planned(over: object = {}, model?: Uint8Array): Promise<Plan> {
  const options = {
    ...{ bytecode: false, image: `${registry.host}/team/model`, ...over },
    registries: { [registry.host]: { plainHttp: true } },
  };
  return makePlan(cx, await project(cx.root, [framework(), target()], options, model));
}

function push(of: Plan = plan, tags: readonly string[] = ['latest']): Promise<BuildReport> {
  const common = { root: cx.root, frozen: false, outDir: 'dist' };
  return build(cx, { ...common, plan: of, outputs: ['registry'], push: { tags } });
}

/** A machine that has never seen the project, but for what is committed. */
function newMachine(): void {
  cx = withStore(cx, 'second');
  registry.journal.clear();
  cx.events.splice(0);
}

function withStore(from: TestContext, name: string): TestContext {
  const ports = nodePorts({ env: from.env, cacheDir: path.join(from.root, name) });
  return { ...from, ports, layerRunner: inlineRunner(ports) };
}

const made = () => cx.events.filter((event) => event.code === 'layer-start').length;

describe('a push', () => {
  test('brings the image, its tags and its specs, and writes no layout', async () => {
    const report = await push(plan, ['v1', 'stable']);
    expect(report.layout).toBeUndefined();
    expect([...registry.tags('team/model')].sort()).toEqual(['stable', 'v1']);
    expect(registry.readManifest('team/model', report.digest)).toBeDefined();
    expect(report.pushed?.blobs.present).toBe(0);
    expect(report.targets).toHaveLength(1);
  });

  test('of what the lock knows to be there is not much work on a new machine', async () => {
    const warned: string[] = [];
    const warning = (name: string): void => {
      cx = { ...cx, beforeMuchWork: () => void warned.push(name) };
    };
    warning('first');
    await push();
    newMachine();
    warning('second');
    await push();
    expect(warned).toEqual(['first']);
  });

  test('again is one question', async () => {
    const first = await push();
    registry.journal.clear();
    const second = await push();
    expect(second.digest).toBe(first.digest);
    expect(registry.journal.entries.map(({ method }) => method)).toEqual(['HEAD']);
    expect(second.pushed).toMatchObject({ sent: 0 });
  });

  test('on a new machine makes nothing that the registry has', async () => {
    const first = await push();
    newMachine();
    const again = await push();
    expect([again.digest, made()]).toEqual([first.digest, 0]);
    expect(again.images[0]?.layers.every(({ reused }) => reused)).toBe(true);
  });

  test('on a new machine, of a changed model, makes and sends the model alone', async () => {
    await push();
    newMachine();
    const changed = await planned({}, Buffer.from(PLAIN_PICKLE).fill(0x2b, 14, 15));
    const report = await push(changed);
    const titles = report.images[0]?.layers.filter(({ reused }) => !reused);
    expect(titles?.map(({ slot }) => slot)).toEqual(['model', 'model']);
    expect(report.pushed?.sent).toBeLessThan(64 * 1024);
  });

  test('of a changed model asks for each blob once', async () => {
    await push();
    registry.journal.clear();
    await push(await planned({}, Buffer.from(PLAIN_PICKLE).fill(0x2b, 14, 15)));
    const asked = registry.journal.entries
      .filter(({ method, path: at }) => method === 'HEAD' && at.includes('/blobs/'))
      .map(({ path: at }) => at);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked).toEqual([...new Set(asked)]);
  });

  test('of a changed model asks what the image of the tag holds, once and before the image is known', async () => {
    await push();
    registry.journal.clear();
    const { digest } = await push(await planned({}, Buffer.from(PLAIN_PICKLE).fill(0x2b, 14, 15)));
    const asked = registry.journal.entries.map(({ method, path: at }) => `${method} ${at}`);
    const gets = asked.filter((line) => line.startsWith('GET'));
    expect(gets).toHaveLength(1);
    const root = asked.findIndex((line) => line.startsWith('HEAD') && line.endsWith(digest));
    expect(asked.indexOf(gets[0] ?? '')).toBeLessThan(root);
  });

  test('looks for a new blob in no repository that cannot have it', async () => {
    await push(await planned({ image: `${registry.host}/team/other` }));
    await push();
    registry.journal.clear();
    await push(await planned({}, Buffer.from(PLAIN_PICKLE).fill(0x2b, 14, 15)));
    const paths = registry.journal.entries.map(({ path: at }) => at);
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((at) => at.includes('team%2Fother') || at.includes('team/other'))).toEqual(
      [],
    );
  });

  test('makes what the lock knows and the registry lacks', async () => {
    const { digest } = await push();
    newMachine();
    await registry.close();
    registry = await startRegistry({ port: Number(new URL(registry.origin).port) });
    const report = await push();
    expect(report.digest).toBe(digest);
    expect(made()).toBeGreaterThan(1);
    expect(registry.readManifest('team/model', digest)).toBeDefined();
  });

  test('refuses a layer that is not the one of the lock, and sets no tag', async () => {
    await push();
    const lock = (await readLock(cx.root))!;
    const wrong = `sha256:${'0'.repeat(64)}` as const;
    const layers = Object.entries(lock.layers).map(([key, layer], at) => [
      key,
      at === 0 ? { ...layer, digest: wrong } : layer,
    ]);
    await writeLock(cx.root, { ...lock, layers: Object.fromEntries(layers) });
    newMachine();
    await expect(push(plan, ['next'])).rejects.toMatchObject({ code: 'MLC2301' });
    expect(registry.tags('team/model')).toEqual(['latest']);
  });

  test('needs a repository', async () => {
    const { image: _, ...nowhere } = plan;
    await expect(push(nowhere)).rejects.toMatchObject({ code: 'MLC6540' });
  });

  test('ends with what is wrong at the registry, however long layers take', async () => {
    await registry.close();
    const port = Number(new URL(registry.origin).port);
    const authentication = { kind: 'basic', users: { ann: 'secret' } } as const;
    registry = await startRegistry({ port, authentication });
    const layerRunner: LayerRunner = {
      run: (_job, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
      close: () => Promise.resolve(),
    };
    cx = { ...cx, layerRunner };
    await expect(push()).rejects.toMatchObject({ code: 'MLC6503' });
  });

  test('fails as a whole when the registry takes nothing', async () => {
    registry.addFaults({
      name: 'read only',
      on: { method: 'POST' },
      then: { kind: 'answer', status: 403 },
    });
    await expect(push()).rejects.toMatchObject({ code: expect.stringMatching(/^MLC65/) as string });
    expect(registry.tags('team/model')).toEqual([]);
  });
});

describe('a model as an artifact', () => {
  interface Manifest {
    readonly artifactType?: string;
    readonly subject?: { readonly digest: string };
    readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
  }
  const manifestOf = (reference: string) =>
    JSON.parse(Buffer.from(registry.readManifest('team/model', reference)!).toString()) as Manifest;

  test('beside the image shares its layer and points to it', async () => {
    const report = await push(await planned({ model: modelOptions('beside') }));
    const model = manifestOf('latest-model');
    expect(model.artifactType).toBe('application/vnd.cncf.model.manifest.v1+json');
    expect(model.subject?.digest).toBe(report.digest);
    expect(model.layers[0]?.digest).toBe(manifestOf('latest').layers.at(-1)?.digest);
    expect(report.pushed?.model?.tags).toEqual(['latest-model']);
  });

  test('instead of the layer leaves the image without it', async () => {
    await push(await planned({ model: modelOptions('instead') }));
    const [weights] = manifestOf('latest-model').layers;
    const digests = manifestOf('latest').layers.map(({ digest }) => digest);
    expect(digests).not.toContain(weights?.digest);
    expect(weights?.mediaType).toBe('application/vnd.cncf.model.weight.v1.tar');
  });
});

function modelOptions(artifact: 'beside' | 'instead') {
  return { path: 'model.pkl', allow: [], artifact };
}
