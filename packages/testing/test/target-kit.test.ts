import type { EmittedFile, TargetContext, TargetPlugin } from '@mlcontainer/plugin-kit';
import { describe, expect, it, test } from 'vitest';

import { runChecks, testTargetPlugin, type TargetCase } from '../src/index.ts';
import { emitJson, goodTarget } from './fixtures/good-target.ts';

testTargetPlugin(
  goodTarget(),
  [
    { name: 'a plan', emits: ['service.json'] },
    {
      name: 'a plan that is refused',
      plan: { name: 'refused' },
      refuses: { hook: 'emit', code: 'MLC2105' },
    },
  ],
  { describe, test },
);

async function broken(
  plugin: TargetPlugin,
  cases: readonly TargetCase[] = [{ name: 'case' }],
): Promise<string[]> {
  const results = await runChecks(testTargetPlugin(plugin, cases));
  return [
    ...new Set(results.filter(({ problems }) => problems.length > 0).map(({ rule }) => rule)),
  ].sort();
}

type Emit = (cx: TargetContext<unknown>) => readonly EmittedFile[];

/** A target whose file is bent. */
function bent(bend: (file: EmittedFile, cx: TargetContext<unknown>) => unknown): TargetPlugin {
  return goodTarget({ emit: (cx) => emitJson(cx).map((file) => bend(file, cx) as EmittedFile) });
}

it('finds nothing in a target that keeps to the contract', async () => {
  expect(await broken(goodTarget())).toEqual([]);
});

describe('the support map', () => {
  const { supports } = goodTarget();
  it.each<[string, object | undefined]>([
    ['missing', undefined],
    ['without a feature', Object.fromEntries(Object.entries(supports).slice(1))],
    ['with a feature nobody knows', { ...supports, quantum: 'stable' }],
    ['with a level nobody knows', { ...supports, gpu: 'perhaps' }],
    ['with a level without words', { ...supports, gpu: { support: 'limited', message: '' } }],
  ])('is %s', async (_what, map) => {
    expect(await broken(goodTarget({ supports: map as typeof supports }))).toContain(
      'meta/supports',
    );
  });
});

describe('emit', () => {
  it.each<[string, string, TargetPlugin]>([
    ['nothing', 'emit/outcome', goodTarget({ emit: () => [] })],
    ['no list', 'emit/outcome', goodTarget({ emit: (() => 'text') as never })],
    [
      'a path that leaves its folder',
      'emit/outcome',
      bent((file) => ({ ...file, path: '../service.json' })),
    ],
    ['an absolute path', 'emit/outcome', bent((file) => ({ ...file, path: '/etc/cron.d/x' }))],
    ['a path with a drive', 'emit/outcome', bent((file) => ({ ...file, path: 'C:/x' }))],
    [
      'one path twice',
      'emit/outcome',
      goodTarget({ emit: (cx) => [...emitJson(cx), ...emitJson(cx)] }),
    ],
    ['an empty text', 'emit/outcome', bent((file) => ({ ...file, text: '' }))],
    [
      'a text without an end',
      'emit/outcome',
      bent((file) => ({ ...file, text: file.text.trim() })),
    ],
    ['JSON that is none', 'emit/outcome', bent((file) => ({ ...file, text: `${file.text}}\n` }))],
    ['bytes', 'emit/outcome', bent((file) => ({ ...file, text: new Uint8Array(3) }))],
    [
      'no image',
      'emit/token',
      bent((file, { plan }) => ({ ...file, text: file.text.replaceAll(plan.image, 'latest') })),
    ],
    [
      'an image in capitals',
      'emit/token',
      bent((file, { plan }) => ({
        ...file,
        text: file.text.replaceAll(plan.image, plan.image.toUpperCase()),
      })),
    ],
    [
      'a part of the image',
      'emit/token',
      bent((file, { plan }) => ({
        path: file.path,
        text: `{"a":"${plan.image}","repo":"${plan.image.slice(0, 18)}"}\n`,
      })),
    ],
    [
      'a fixed image',
      'emit/token',
      bent((file) => ({ ...file, text: '{"image":"@@mlcontainer.image@@"}\n' })),
    ],
    [
      'the time',
      'emit/deterministic',
      bent((file) => ({ ...file, text: `{"a":"@@mlcontainer.image@@","at":${Date.now()}}\n` })),
    ],
    ['the folder', 'emit/host', bent((file) => ({ ...file, text: `{"in":"${process.cwd()}"}\n` }))],
    [
      'the environment',
      'emit/reads',
      bent((file) => ({ ...file, project: process.env.GOOGLE_CLOUD_PROJECT })),
    ],
  ])('gives %s', async (_what, rule, plugin) => {
    expect(await broken(plugin)).toContain(rule);
  });

  it('writes to the plan', async () => {
    const emit: Emit = (cx) => {
      (cx.plan as { env: Record<string, string> }).env.ADDED = '1';
      return emitJson(cx);
    };
    expect(await broken(goodTarget({ emit }))).toContain('emit/inputs');
  });

  it('breaks on a strange plan', async () => {
    const emit: Emit = (cx) => {
      if (cx.plan.name.length < 3) throw new RangeError('name');
      return emitJson(cx);
    };
    expect(await broken(goodTarget({ emit }))).toEqual(['emit/errors']);
  });

  it('spoils JSON with values that look like it', async () => {
    const emit: Emit = ({ plan }) => {
      const env = Object.entries(plan.env).map(([name, value]) => `"${name}":"${value}"`);
      return [{ path: 'a.json', text: `{"image":"${plan.image}","env":{${env.join(',')}}}\n` }];
    };
    expect(await broken(goodTarget({ emit }))).toEqual(['emit/errors']);
  });

  it('writes other files than the case says', async () => {
    expect(await broken(goodTarget(), [{ name: 'case', emits: ['other.yaml'] }])).toEqual([
      'emit/files',
    ]);
  });
});

describe('constrain', () => {
  it.each<[string, unknown]>([
    ['no list', undefined],
    ['an unknown edit', [{ edit: 'setUser', value: 'root', reason: 'r' }]],
    ['no reason', [{ edit: 'setEnv', name: 'A', value: 'b', reason: '' }]],
    ['no value', [{ edit: 'setLabel', name: 'A', reason: 'r' }]],
    ['no remedy', [{ edit: 'refuse', what: 'w', reason: 'r' }]],
    ['no object', ['setEnv']],
  ])('gives %s', async (_what, edits) => {
    expect(await broken(goodTarget({ constrain: () => edits as never }))).toContain(
      'constrain/outcome',
    );
  });
});

describe('deploy', () => {
  it('is never called', async () => {
    let calls = 0;
    const deploy = () => {
      calls += 1;
      return Promise.resolve({});
    };
    expect([await broken(goodTarget({ deploy })), calls]).toEqual([[], 0]);
  });

  it('must be a function', async () => {
    expect(await broken(goodTarget({ deploy: 'gcloud run' as never }))).toContain('meta/hooks');
  });
});
