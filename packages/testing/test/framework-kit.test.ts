import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { MlcError, type PLUGIN_API, type FrameworkPlugin } from '@mlcontainer/plugin-kit';
import { describe, expect, it, test } from 'vitest';

import { runChecks, testFrameworkPlugin, type FrameworkCase } from '../src/index.ts';
import { contribute, good, type GoodOptions } from './fixtures/good-framework.ts';
import { broken, type Hook } from './fixtures/broken-framework.ts';

const CASES: readonly FrameworkCase[] = [
  { name: 'a regressor', options: { threads: 2 }, claims: true, layers: ['python', 'adapter'] },
  {
    name: 'with a file',
    options: { config: 'settings.json' },
    files: { 'settings.json': '{"a":1}' },
  },
  {
    name: 'without version',
    facts: { packages: [{ name: 'scikit-learn', evidence: 'x' }] },
    refuses: { hook: 'contribute', code: 'MLC2106' },
  },
];

testFrameworkPlugin(good, CASES, { describe, test });

it('finds nothing in a plugin that keeps to the contract', async () => {
  expect(await broken(good({ threads: 1 }), [{ name: 'case', claims: true }])).toEqual([]);
});

describe('what a plugin says of itself', () => {
  it.each<[string, Partial<FrameworkPlugin<GoodOptions>>]>([
    ['meta/name', { name: 'FrameworkGood' }],
    ['meta/name', { name: 'framework_good' }],
    ['meta/api', { api: 2 as typeof PLUGIN_API }],
    ['meta/version', { version: '1.2' }],
    ['meta/docs', { docs: '' }],
    ['meta/docs', { docs: 'http://example.org' }],
    ['meta/kind', { kind: 'target' as 'framework' }],
    ['meta/compatibility', { compatibility: { core: 'new ones' } }],
  ])('%s', async (rule, different) => {
    expect(await broken(good({}, different))).toContain(rule);
  });

  it.each([
    'os.system',
    'builtins.eval',
    'subprocess.Popen',
    'sklearn.*',
    'sklearn',
    'operator.attrgetter',
    7,
  ])('meta/globals: %s', async (name) => {
    const globals = ['sklearn.svm._classes.SVC', name] as string[];
    expect(await broken(good({}, { globals }))).toEqual(['meta/globals']);
  });

  it('meta/brand', async () => {
    const results = await runChecks(testFrameworkPlugin({ ...good() }, CASES.slice(0, 1)));
    expect(results.find(({ rule }) => rule === 'meta/brand')?.problems).toHaveLength(1);
  });

  it('meta/hooks', async () => {
    expect(await broken(good({}, { contribute: {} as Hook }))).toContain('meta/hooks');
  });
});

describe('options', () => {
  type Validate = (value: unknown) => unknown;
  const withSchema = (
    validate: Validate,
    options: GoodOptions = { threads: 1 },
  ): FrameworkPlugin<GoodOptions> =>
    good(options, {
      optionsSchema: { '~standard': { version: 1, vendor: 'test', validate: validate as never } },
    });
  let counter = 0;

  it.each<[string, FrameworkPlugin<GoodOptions>]>([
    [
      'options/schema',
      good(
        {},
        {
          optionsSchema: {
            '~standard': { version: 2, vendor: 'x', validate: () => ({ value: {} }) },
          } as never,
        },
      ),
    ],
    ['options/schema', good({ threads: 1 }, { optionsSchema: undefined as never })],
    ['options/unknown', withSchema((value) => ({ value }))],
    ['options/unknown', withSchema(() => ({ issues: [{ message: 'wrong' }] }))],
    ['options/type', withSchema((value) => ({ value }))],
    ['options/type', withSchema(() => ({ issues: [{ message: 'wrong', path: ['other'] }] }))],
    [
      'options/anything',
      withSchema((value) => ({ value: { threads: (value as { a: { b: number } }).a.b } })),
    ],
    ['options/pure', withSchema(() => ({ value: { threads: (counter += 1) } }))],
    [
      'options/pure',
      withSchema((value) => ({ value: Object.assign(value as object, { added: 1 }) })),
    ],
  ])('%s', async (rule, plugin) => {
    expect(await broken(plugin)).toContain(rule);
  });
});

describe('detect', () => {
  it.each<[string, unknown]>([
    ['detect/outcome', { confidence: 2, evidence: ['x'] }],
    ['detect/outcome', { confidence: Number.NaN, evidence: ['x'] }],
    ['detect/outcome', { confidence: 1, evidence: [] }],
    ['detect/outcome', 'yes'],
    ['detect/claim', { confidence: 1, evidence: ['everything'] }],
  ])('%s: %j', async (rule, result) => {
    expect(await broken(good({}, { detect: () => result as never }))).toContain(rule);
  });

  it('detect/claim where a model should be claimed', async () => {
    expect(
      await broken(good({}, { detect: () => null }), [{ name: 'case', claims: true }]),
    ).toContain('detect/claim');
  });
});

describe('what contribute does', () => {
  let calls = 0;
  const leaving =
    (reach: () => unknown): Hook =>
    async (cx) => {
      const contribution = await contribute(cx);
      await reach();
      return contribution;
    };

  it.each<[string, string, Hook]>([
    [
      'gives the time',
      'contribute/deterministic',
      async (cx) => ({ ...(await contribute(cx)), labels: { built: new Date().toISOString() } }),
    ],
    [
      'gives the day',
      'contribute/deterministic',
      async (cx) => ({ ...(await contribute(cx)), labels: { day: String(Date.now() >> 26) } }),
    ],
    [
      'gives something by chance',
      'contribute/deterministic',
      async (cx) => ({ ...(await contribute(cx)), labels: { id: String(Math.random()) } }),
    ],
    [
      'counts',
      'contribute/deterministic',
      async (cx) => ({ ...(await contribute(cx)), labels: { n: String((calls += 1)) } }),
    ],
    [
      'reads a file by itself',
      'contribute/reads',
      leaving(() => readFileSync(import.meta.filename)),
    ],
    ['looks at the environment', 'contribute/reads', leaving(() => process.env.HOME)],
    ['lists the environment', 'contribute/reads', leaving(() => Object.keys(process.env))],
    ['asks where it is', 'contribute/reads', leaving(() => process.cwd())],
    [
      'asks for the machine',
      'contribute/reads',
      leaving(async () => (await import('node:os')).hostname()),
    ],
    [
      'reads asynchronously',
      'contribute/reads',
      leaving(async () => (await import('node:fs/promises')).stat('/')),
    ],
    [
      'starts a program',
      'contribute/reads',
      leaving(async () => (await import('node:child_process')).spawnSync('true')),
    ],
    [
      'asks the network',
      'contribute/reads',
      leaving(() => fetch('http://127.0.0.1:9/').catch(() => undefined)),
    ],
    [
      'asks for a name',
      'contribute/reads',
      leaving(async () => (await import('node:dns/promises')).lookup('localhost')),
    ],
    ['leaves the project', 'contribute/reads', leaving(() => undefined)],
    [
      'writes to its options',
      'contribute/inputs',
      async (cx) => {
        (cx.options as { threads: number }).threads = 3;
        return contribute(cx);
      },
    ],
    [
      'sorts the facts',
      'contribute/inputs',
      async (cx) => {
        (cx.facts.globals as string[]).sort();
        return contribute(cx);
      },
    ],
    [
      'throws an error without code',
      'contribute/outcome',
      () => {
        throw new Error('oops');
      },
    ],
    [
      'throws a word',
      'contribute/outcome',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- a hostile plugin does
        throw 'oops';
      },
    ],
    [
      'warns with an object',
      'contribute/outcome',
      (cx) => {
        cx.warn({} as string);
        return contribute(cx);
      },
    ],
  ])('%s', async (what, rule, hook) => {
    const hostile: Hook =
      what === 'leaves the project'
        ? (cx) => cx.files.exists('../secret').then(() => contribute(cx))
        : hook;
    expect(await broken(good({}, { contribute: hostile }))).toContain(rule);
  });

  it('fails without a code where facts have holes', async () => {
    const hook: Hook = async (cx) => {
      const [first] = cx.facts.packages;
      if (first === undefined) throw new TypeError('Cannot read properties of undefined');
      return contribute(cx);
    };
    expect(await broken(good({}, { contribute: hook }))).toEqual(['contribute/errors']);
  });

  it('throws a code that nobody knows', async () => {
    const texts = { title: 't', message: () => 'm', why: 'w', fix: '' };
    const hook: Hook = () => {
      throw new MlcError('MLC2999', texts, {});
    };
    expect(await broken(good({}, { contribute: hook }))).toContain('contribute/errors');
  });

  it('refuses with another code than the case says', async () => {
    const refuses = { hook: 'contribute' as const, code: 'MLC2105' };
    expect(await broken(good(), [{ name: 'case', refuses }])).toContain('contribute/outcome');
  });

  it('goes on when it is stopped', { timeout: 60_000 }, async () => {
    const hook: Hook = async (cx) => {
      await cx.files.exists('x').catch(() => delay(3000));
      return contribute(cx);
    };
    expect(await broken(good({}, { contribute: hook }))).toEqual(['contribute/abort']);
  });
});

it('waits for nobody for ever', { timeout: 200_000 }, async () => {
  const never: Hook = () => new Promise(() => undefined);
  const checks = testFrameworkPlugin(good({}, { contribute: never }), [{ name: 'case' }]);
  const outcome = checks.filter(({ rule }) => rule === 'contribute/outcome');
  expect((await runChecks(outcome))[0]?.problems).toHaveLength(1);
});
