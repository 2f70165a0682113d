import { isPlugin } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cloudRun } from '../src/index.ts';
import { check, codesOf, contextFor } from './view.ts';

describe('options', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', {}, []],
    ['a name with capitals', { service: 'Diabetes' }, ['MLC9001']],
    ['a name of 50 characters', { service: 'a'.repeat(50) }, ['MLC9001']],
    ['a name of 49 characters', { service: 'a'.repeat(49) }, []],
    ['a name with a dash at its end', { service: 'a-' }, ['MLC9001']],
    ['3 CPU', { cpu: 3 }, ['MLC9002']],
    ['0.07 CPU', { cpu: 0.07 }, ['MLC9002']],
    ['0.0805 CPU', { cpu: 0.0805 }, ['MLC9002']],
    ['0.333 CPU', { cpu: 0.333 }, []],
    ['6 CPU with enough memory', { cpu: 6, memory: '24Gi' }, []],
    ['6 CPU with too little', { cpu: 6, memory: '2Gi' }, ['MLC9003']],
    ['1 CPU with too much', { memory: '8Gi' }, ['MLC9003']],
    ['a quarter CPU with 1Gi', { cpu: 0.25, memory: '1Gi' }, ['MLC9003']],
    ['half a CPU, many at a time', { cpu: 0.5, concurrency: 2 }, ['MLC9004']],
    ['half a CPU, one at a time', { cpu: 0.5, concurrency: 1 }, []],
    ['half a CPU in gen2', { cpu: 0.5, executionEnvironment: 'gen2' }, ['MLC9005']],
    ['half a CPU always', { cpu: 0.5, cpuAllocation: 'always' }, ['MLC9005']],
    ['gen2 with little memory', { memory: '256Mi', executionEnvironment: 'gen2' }, ['MLC9017']],
    ['more at least than at most', { minInstances: 3, maxInstances: 2 }, ['MLC9006']],
    [
      'a startup of 241 s',
      { startupProbe: { periodSeconds: 1, failureThreshold: 241 } },
      ['MLC9007'],
    ],
    ['a startup of 240 s', { startupProbe: { periodSeconds: 2, failureThreshold: 120 } }, []],
    [
      'a delay beyond it',
      { startupProbe: { initialDelaySeconds: 10, failureThreshold: 240 } },
      ['MLC9007'],
    ],
    [
      'a probe slower than its period',
      { livenessProbe: { periodSeconds: 3, timeoutSeconds: 4 } },
      ['MLC9008'],
    ],
    ['PORT', { env: { PORT: '1' } }, ['MLC9010']],
    ['K_SERVICE as a secret', { secrets: { K_SERVICE: { secret: 's' } } }, ['MLC9010']],
    ['a variable twice', { env: { A: '1' }, secrets: { A: { secret: 's' } } }, ['MLC9010']],
    ['a value too long', { env: { A: 'é'.repeat(16_385) } }, ['MLC9010']],
    ['traffic of 99 percent', { traffic: [{ percent: 99 }] }, ['MLC9011']],
    [
      'a tag twice',
      {
        traffic: [
          { percent: 50, tag: 'a' },
          { percent: 50, tag: 'a', revision: 'r' },
        ],
      },
      ['MLC9012'],
    ],
    ['a GPU with 2 CPU', { gpu: 'nvidia-l4', cpu: 2, memory: '8Gi' }, ['MLC9014']],
    ['a GPU billed by request', { gpu: 'nvidia-l4', cpuAllocation: 'request' }, ['MLC9015']],
    ['a reserved label', { labels: { 'run.googleapis.com/x': 'y' } }, ['MLC9018']],
    ['a label with capitals', { labels: { team: 'Risk' } }, ['MLC9018']],
    ['an unknown key', { regoin: 'europe-west1' }, ['shape']],
    ['a wrong type', { cpu: '1' }, ['shape']],
    ['no object', 'europe-west1', ['shape']],
    [
      'many errors at once',
      { service: 'A', cpu: 0.5, concurrency: 3, env: { PORT: '1' } },
      ['MLC9001', 'MLC9004', 'MLC9010'],
    ],
  ])('%s', async (_, options, codes) => {
    expect(await codesOf(options)).toEqual(codes);
  });

  test('a problem names the option that it is about', async () => {
    const { issues } = await check({ env: { PORT: '1' } });
    expect(issues?.[0]?.path).toEqual(['env', 'PORT']);
  });

  test('never throws, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (value) => {
        const result = await check(value);
        expect(result.issues === undefined || result.issues.length > 0).toBe(true);
      }),
    );
  });
});

describe('constrain', () => {
  const arm64 = { os: 'linux', architecture: 'arm64' } as const;
  const amd64 = { os: 'linux', architecture: 'amd64' } as const;

  async function refusals(...args: Parameters<typeof contextFor>): Promise<string[]> {
    const { cx } = await contextFor(...args);
    const edits = (await cloudRun().constrain?.(cx)) ?? [];
    return edits.map((edit) =>
      edit.edit === 'refuse' ? edit.reason.replace(/.*\((\w+)\)$/s, '$1') : edit.edit,
    );
  }

  test('a plan that fits is left alone', async () => {
    expect(await refusals()).toEqual([]);
    expect(await refusals({}, { platforms: [arm64, amd64] })).toEqual([]);
  });

  test('a plan for arm64 alone is refused with a remedy', async () => {
    const { cx } = await contextFor({}, { platforms: [arm64] });
    const edits = await cloudRun().constrain?.(cx);
    expect(edits).toMatchObject([
      { edit: 'refuse', remedy: expect.stringContaining('linux/amd64') },
    ]);
    expect(await refusals({}, { platforms: [arm64] })).toEqual(['MLC9013']);
  });

  test('the name of the config has to fit where no service is named', async () => {
    expect(await refusals({}, { name: '1st-model' })).toEqual(['MLC9001']);
    expect(await refusals({ service: 'first' }, { name: '1st-model' })).toEqual([]);
  });

  test.each(['/healthz', '/eventlog', '/_ah/warmup'])('the path %s is refused', async (live) => {
    const routes = { live, ready: '/ready', predict: '/predict' };
    expect(await refusals({}, { routes })).toEqual(['MLC9009']);
  });

  test('GPU layers without a GPU are refused, and with one the driver is named', async () => {
    expect(await refusals({}, { uses: ['gpu'] })).toEqual(['MLC9016']);
    const { cx, warnings } = await contextFor({ gpu: 'nvidia-l4' }, { uses: ['gpu'] });
    expect(await cloudRun().constrain?.(cx)).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});

test('the plugin is branded, and takes a position on every feature', () => {
  const features = [
    'arm64',
    'gpu',
    'grpc',
    'multiArchIndex',
    'readOnlyRoot',
    'scaleToZero',
    'secrets',
    'trafficSplit',
    'zstdLayers',
  ];
  expect(Object.keys(cloudRun().supports).sort()).toEqual(features);
  expect(isPlugin(cloudRun())).toBe(true);
});
