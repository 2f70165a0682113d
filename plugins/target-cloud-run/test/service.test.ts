import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { CloudRunOptions } from '../src/index.ts';
import { departures, SERVICE } from './fields.ts';
import { emitted } from './view.ts';

const FULL: CloudRunOptions = {
  service: 'diabetes-eu',
  region: 'europe-west1',
  project: '1234567890',
  description: 'Progression of diabetes after one year: yes',
  cpu: 2,
  memory: '4Gi',
  cpuAllocation: 'always',
  concurrency: 16,
  minInstances: 1,
  maxInstances: 20,
  timeoutSeconds: 60,
  serviceAccount: 'server@example-project.iam.gserviceaccount.com',
  ingress: 'internal-and-cloud-load-balancing',
  env: { LOG_LEVEL: 'info', FLAG: 'on', ANSWER: '0x2a' },
  secrets: { API_KEY: { secret: 'api-key' }, DB: { secret: 'db-url', version: '7' } },
  executionEnvironment: 'gen2',
  startupCpuBoost: false,
  labels: { team: 'risk', stage: 'prod' },
  traffic: [
    { percent: 10, tag: 'canary' },
    { revision: 'diabetes-eu-00001-abc', percent: 90 },
  ],
  startupProbe: { initialDelaySeconds: 5, periodSeconds: 5, timeoutSeconds: 4 },
  livenessProbe: { periodSeconds: 30 },
};

const GOLDEN: Readonly<Record<string, CloudRunOptions>> = {
  default: {},
  full: FULL,
  gpu: { gpu: 'nvidia-l4', maxInstances: 2 },
  small: { cpu: 0.25, livenessProbe: false },
};

describe('service.yaml', () => {
  test.each(Object.keys(GOLDEN))('%s is the golden file', async (name) => {
    await expect(await emitted(GOLDEN[name])).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  test.each(Object.keys(GOLDEN))('%s has no field that Cloud Run does not know', async (name) => {
    const service: unknown = parse(await emitted(GOLDEN[name]), { version: '1.1' });
    expect(departures(service, SERVICE)).toEqual([]);
  });

  test('the walker sees a misspelt field, a wrong type and an unknown annotation', () => {
    const bad = {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: { name: 'x', annotations: { 'run.googleapis.com/ingres': 'all' } },
      spec: { template: { spec: { containerConcurency: 1, timeoutSeconds: '300' } } },
    };
    expect(departures(bad, SERVICE)).toHaveLength(3);
  });

  test('names the image by the token of the view alone', async () => {
    const text = await emitted(FULL, { image: 'TOKEN@HERE' });
    expect(text.match(/TOKEN@HERE/g)).toHaveLength(1);
    expect(text).toContain('image: TOKEN@HERE\n');
  });

  test('asks the routes and the port of the view', async () => {
    const service = parse(
      await emitted({}, { port: 9000, routes: { live: '/l', ready: '/r', predict: '/p' } }),
    ) as Service;
    const [container] = service.spec.template.spec.containers;
    expect(container).toMatchObject({
      ports: [{ containerPort: 9000 }],
      startupProbe: { httpGet: { path: '/r', port: 9000 } },
      livenessProbe: { httpGet: { path: '/l', port: 9000 } },
    });
  });

  test('reads as the same strings in YAML 1.1 and 1.2', async () => {
    const words = fc.constantFrom(
      'yes',
      'no',
      'on',
      'off',
      '0x1F',
      '010',
      '1_000',
      '1:30',
      'null',
      '~',
      '',
      '1e3',
      '=',
      '2001-01-01',
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(words, fc.string({ unit: 'grapheme' })), async (value) => {
        const text = await emitted({ env: { X: value } });
        for (const version of ['1.1', '1.2'] as const) {
          const service = parse(text, { version }) as Service;
          expect(service.spec.template.spec.containers[0]?.env).toEqual([{ name: 'X', value }]);
        }
      }),
    );
  });

  test('does not depend on the order of keys in the options', async () => {
    const shuffled = fc.shuffledSubarray(Object.entries(FULL), {
      minLength: Object.keys(FULL).length,
    });
    const expected = await emitted(FULL);
    await fc.assert(
      fc.asyncProperty(shuffled, async (entries) => {
        const env = Object.fromEntries(Object.entries(FULL.env ?? {}).reverse());
        expect(await emitted({ ...Object.fromEntries(entries), env })).toBe(expected);
      }),
    );
  });
});

interface Service {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly env?: unknown }[] };
    };
  };
}
