import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Contribution, LayerSpec, Plugin } from '@mlcontainer/plugin-kit';
import { canonicalJson } from '../src/json.ts';
import { makePlan } from '../src/plan/make.ts';
import { readPlan } from '../src/plan/read.ts';
import type { Project } from '../src/project.ts';
import { testContext, type TestContext } from './support/context.ts';
import { CONTRIBUTION, EVIL_PICKLE, framework, project, target } from './support/project.ts';

let cx: TestContext;
beforeEach(async () => {
  cx = await testContext();
});
afterEach(() => cx.dispose());

const plan = async (plugins?: readonly Plugin[], over?: Partial<Project['config']>) =>
  makePlan(cx, await project(cx.root, plugins, over));

const contributing = (layer: Partial<LayerSpec>, rest: Partial<Contribution> = {}): Plugin =>
  framework({
    contribute: () => ({
      ...CONTRIBUTION,
      ...rest,
      layers: [{ ...CONTRIBUTION.layers[0]!, ...layer }],
    }),
  });

describe('a plan', () => {
  test('is the same every time, and knows no path, host or time of this machine', async () => {
    const text = canonicalJson(await plan([framework(), target()]));
    expect(canonicalJson(await plan([target(), framework()]))).toBe(text);
    expect(text).not.toContain(cx.root);
    expect(text).not.toMatch(/https?:(?!\/\/(example|mlcontainer))/);
    expect(text).not.toContain(String(new Date().getFullYear()));
  });

  test('says who wants each layer and why', async () => {
    const { layers, decisions, adapter } = await plan();
    const wanted = layers.find((layer) => layer.id === 'framework-some/python');
    expect(wanted).toMatchObject({ owner: 'framework-some', slot: 'dependencies' });
    expect(decisions.find(({ subject }) => subject === 'framework')?.reason).toBe('it says so');
    expect(adapter).toEqual({ module: 'some_adapter', owner: 'framework-some' });
    expect(layers.every((layer) => layer.reason !== '')).toBe(true);
  });

  test('carries the texts of plugins, so that it builds without their code', async () => {
    const source = {
      kind: 'files',
      files: [{ path: '{site}/some_adapter.py', content: { text: 'x = 1\n' } }],
    } as const;
    const { layers } = await plan([contributing({ source })]);
    const found = layers.find((layer) => layer.owner === 'framework-some');
    expect(found?.source).toMatchObject({
      files: [
        {
          path: '/usr/local/lib/python3.11/dist-packages/some_adapter.py',
          source: { kind: 'inline', text: 'x = 1\n' },
        },
      ],
    });
  });

  test('is read back from a file, and nothing else is', async () => {
    const made = await plan();
    await writeFile(path.join(cx.root, 'plan.json'), JSON.stringify(made));
    expect(await readPlan(cx, 'plan.json')).toEqual({ plan: made, root: cx.root });
    await writeFile(path.join(cx.root, 'other.json'), '{"schemaVersion": 9}');
    await expect(readPlan(cx, 'other.json')).rejects.toMatchObject({ code: 'MLC2111' });
    await writeFile(path.join(cx.root, 'broken.json'), '{');
    await expect(readPlan(cx, 'broken.json')).rejects.toMatchObject({ code: 'MLC2111' });
  });

  test('lets the user overrule environment and labels, and the targets add to them', async () => {
    const constrained = target({
      constrain: () => [{ edit: 'setEnv', name: 'FROM_TARGET', value: '1', reason: 'needed' }],
    });
    const { config } = await plan([framework(), constrained], { env: { LANG: 'de_DE.UTF-8' } });
    expect(config.env).toMatchObject({ FROM_TARGET: '1', LANG: 'de_DE.UTF-8' });
  });
});

describe('the framework', () => {
  test('with the higher confidence claims the model', async () => {
    const sure = framework({ name: 'sure', detect: () => ({ confidence: 0.9, evidence: ['x'] }) });
    expect((await plan([framework(), sure])).adapter.owner).toBe('sure');
  });

  test.each([
    ['nobody claims it', [framework({ detect: () => null })], 'MLC2101'],
    ['two claim it alike', [framework(), framework({ name: 'other' })], 'MLC2102'],
    ['no adapter', [contributing({}, { adapter: undefined as never })], 'MLC2012'],
    ['no such slot', [contributing({ slot: 'top' as never })], 'MLC2012'],
    ['no reason', [contributing({ reason: '' })], 'MLC2012'],
    ['a capability nobody has', [contributing({}, { requires: ['cuda@12'] })], 'MLC2110'],
    [
      'a path that leaves the image',
      [
        contributing({
          source: { kind: 'files', files: [{ path: '/a/../b', content: { text: '' } }] },
        }),
      ],
      'MLC2109',
    ],
    [
      'the path of another owner',
      [
        contributing({
          source: {
            kind: 'files',
            files: [{ path: '{site}/mlcontainer_server/app.py', content: { text: '' } }],
          },
        }),
      ],
      'MLC2108',
    ],
    [
      'a file from the network',
      [
        contributing({
          source: {
            kind: 'files',
            files: [{ path: '/a', content: { url: 'https://example.com' } }],
          },
        }),
      ],
      'MLC2012',
    ],
  ])('is refused: %s', async (_, plugins, code) => {
    await expect(plan(plugins)).rejects.toMatchObject({ code });
  });

  test('that throws is named with its hook, and its own error is the cause', async () => {
    const cause = new Error('no such table');
    const failing = framework({
      contribute: () => {
        throw cause;
      },
    });
    await expect(plan([failing])).rejects.toMatchObject({
      code: 'MLC2010',
      data: { plugin: 'framework-some', hook: 'contribute' },
      cause,
    });
  });
});

describe('a target', () => {
  test('emits texts in which a token stands for the image', async () => {
    const { targets, imageToken } = await plan([framework(), target()]);
    expect(targets).toEqual([
      { name: 'target-some', files: [{ path: 'service.yaml', text: `image: ${imageToken}\n` }] },
    ]);
  });

  test('is only asked for features that the plan uses', async () => {
    const supports = { ...target().supports, arm64: 'unsupported' } as const;
    const plugins = [framework(), target({ supports })];
    await expect(plan(plugins)).resolves.toBeDefined();
    await expect(plan(plugins, { platforms: ['linux/arm64'] })).rejects.toMatchObject({
      code: 'MLC2104',
    });
  });

  test.each([
    [
      'MLC2105',
      target({ constrain: () => [{ edit: 'refuse', what: 'it', remedy: 'x', reason: 'y' }] }),
    ],
    ['MLC2012', target({ emit: () => [{ path: '../service.yaml', text: '' }] })],
    ['MLC2012', target({ supports: {} as never })],
  ])('fails with %s', async (code, plugin) => {
    await expect(plan([framework(), plugin], { platforms: ['linux/arm64'] })).rejects.toMatchObject(
      {
        code,
      },
    );
  });
});

describe('the project', () => {
  test('a model that runs code on loading is refused, with every global it names', async () => {
    const evil = await project(cx.root, [framework()], {}, EVIL_PICKLE);
    await expect(makePlan(cx, evil)).rejects.toMatchObject({ code: 'MLC2103', exitCode: 3 });
  });

  test('a model with another hash than the config’s is refused', async () => {
    const model = { path: 'model.pkl', allow: [], sha256: '0'.repeat(64) };
    await expect(plan(undefined, { model })).rejects.toMatchObject({ code: 'MLC2112' });
  });

  test.each([
    ['a handler that is not there', { handler: 'nothing.py' }, 'MLC2107'],
    ['requirements that are not there', { requirements: 'nothing.txt' }, 'MLC2107'],
    ['a file outside of the project', { include: ['../secret'] }, 'MLC2109'],
    [
      'a base image out of reach',
      { base: { kind: 'image', reference: 'a/b' } as const },
      'MLC7005',
    ],
  ])('%s is refused', async (_, over, code) => {
    await expect(plan(undefined, over)).rejects.toMatchObject({ code });
  });

  test('a link that leads out of the project is refused', async () => {
    await mkdir(path.join(cx.root, 'sub'));
    await symlink('/etc/hostname', path.join(cx.root, 'sub', 'link'));
    await expect(plan(undefined, { include: ['sub/link'] })).rejects.toMatchObject({
      code: 'MLC2109',
    });
  });

  test('handler and included files go beside each other', async () => {
    await writeFile(path.join(cx.root, 'h.py'), 'def predict(x): ...\n');
    await writeFile(path.join(cx.root, 'table.csv'), 'a\n');
    const { layers } = await plan(undefined, { handler: 'h.py', include: ['table.csv'] });
    const app = layers.find((layer) => layer.id === 'user/app');
    expect(app?.source).toMatchObject({
      files: [
        { path: '/opt/mlcontainer/app/handler.py', source: { kind: 'project', from: 'h.py' } },
        { path: '/opt/mlcontainer/app/table.csv' },
      ],
    });
  });
});
