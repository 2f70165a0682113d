import type { ModelFacts, Plugin } from '@mlcontainer/plugin-kit';

import { check, registerChecks, type Check, type TestFramework } from '../check.ts';
import { fakeFacts } from '../doubles/facts.ts';
import { detectContext, planContext, type Situation } from './context.ts';
import { contributionProblems, isRecord } from './contribution.ts';
import { detectionProblems, isClaim } from './detection.ts';
import { errorProblems } from './errors.ts';
import { hookChecks, type HookOfCase } from './hook-checks.ts';
import { metaChecks } from './meta.ts';
import { observe, type Hook } from './observe.ts';
import { optionChecks } from './options.ts';
import { bindPlugin, makePlugin, type Subject } from './subject.ts';

/** A situation in which a framework or accelerator plugin is tried, and what must come of it. */
export interface FrameworkCase extends Situation {
  /** Unique among the cases. */
  readonly name: string;
  /** Handed to the factory. */
  readonly options?: unknown;
  /** Whether `detect` claims the model. */
  readonly claims?: boolean;
  /** The hook that must refuse this situation, and the code that it throws. */
  readonly refuses?: { readonly hook: 'detect' | 'contribute'; readonly code: string };
  /** Ids of the layers, in order. */
  readonly layers?: readonly string[];
}

type AnyFramework = Extract<Plugin, { kind: 'framework' | 'accelerator' }>;

/**
 * Puts a framework or accelerator plugin to the test in each case: what it says of itself, its options, and every
 * hook. `subject` is the plugin or its factory. With a test framework every check becomes a test; without one, run
 * what is returned by `runChecks`.
 */
export function testFrameworkPlugin(
  subject: Subject<AnyFramework>,
  cases: readonly FrameworkCase[],
  framework?: TestFramework,
): readonly Check[] {
  const [first] = cases;
  if (first === undefined) throw new Error('A plugin is tested in one case at least');
  const checks = [
    ...metaChecks(subject, ['framework', 'accelerator'], first.options),
    ...cases.flatMap((each) => optionChecks(subject, each.name, each.options)),
    ...cases.flatMap((each) => caseChecks(subject, each)),
    ...strangeChecks(subject, first),
  ];
  if (framework !== undefined) registerChecks(titleOf(subject, first), checks, framework);
  return checks;
}

function titleOf(subject: Subject<AnyFramework>, { options }: FrameworkCase): string {
  return `conformance of ${makePlugin(subject, options).name}`;
}

function caseChecks(subject: Subject<AnyFramework>, one: FrameworkCase): Check[] {
  const hasDetect = makePlugin(subject, one.options).detect !== undefined;
  const contribute = hookChecks(contributeOf(subject, one));
  const outcome =
    one.refuses?.hook === 'contribute'
      ? []
      : [adapterCheck(subject, one), ...layerCheck(subject, one)];
  const detect = hasDetect
    ? [...hookChecks(detectOf(subject, one)), ...claimCheck(subject, one)]
    : [];
  return one.refuses?.hook === 'detect' ? detect : [...detect, ...contribute, ...outcome];
}

function detectOf(subject: Subject<AnyFramework>, one: FrameworkCase): HookOfCase {
  const prepare = async (): Promise<Hook> => {
    const { plugin } = await bindPlugin(subject, one.options);
    const { detect } = plugin;
    if (detect === undefined) return () => null;
    return (signal, recorder) => detect.call(plugin, detectContext(one, signal, recorder));
  };
  const refuses = one.refuses?.hook === 'detect' ? one.refuses.code : undefined;
  return { hook: 'detect', label: one.name, prepare, refuses, shape: detectionProblems };
}

function contributeOf(subject: Subject<AnyFramework>, one: FrameworkCase): HookOfCase {
  const prepare = async (): Promise<Hook> => {
    const { plugin, options } = await bindPlugin(subject, one.options);
    return (signal, recorder) => plugin.contribute(planContext(one, options, signal, recorder));
  };
  const refuses = one.refuses?.hook === 'contribute' ? one.refuses.code : undefined;
  return {
    hook: 'contribute',
    label: one.name,
    prepare,
    refuses,
    shape: contributionProblems,
    withoutHostPaths,
  };
}

/** The files of the plugin's own package are named by host paths, and read by the core while it plans. */
function withoutHostPaths(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (key === 'url' ? undefined : item)) ?? 'null',
  );
}

function claimCheck(subject: Subject<AnyFramework>, one: FrameworkCase): Check[] {
  if (one.claims === undefined) return [];
  const says = one.claims ? 'claims the model' : 'leaves the model to others';
  const find = async (): Promise<readonly string[]> => {
    const { outcome } = await observe(await detectOf(subject, one).prepare());
    const claims = outcome.ended === 'returned' && isClaim(outcome.value);
    return claims === one.claims ? [] : [`it does ${claims ? '' : 'not '}claim the model`];
  };
  return [check('detect/claim', `${one.name}: detect ${says}`, find)];
}

/** The framework brings the adapter, an accelerator brings none. */
function adapterCheck(subject: Subject<AnyFramework>, one: FrameworkCase): Check {
  return check(
    'contribute/adapter',
    `${one.name}: contribute brings an adapter where it should`,
    async () => {
      const { outcome } = await observe(await contributeOf(subject, one).prepare());
      const isFramework = makePlugin(subject, one.options).kind === 'framework';
      const hasAdapter =
        outcome.ended === 'returned' &&
        isRecord(outcome.value) &&
        outcome.value.adapter !== undefined;
      if (isFramework === hasAdapter) return [];
      return [isFramework ? 'a framework brings the adapter' : 'an accelerator brings no adapter'];
    },
  );
}

function layerCheck(subject: Subject<AnyFramework>, one: FrameworkCase): Check[] {
  const { layers } = one;
  if (layers === undefined) return [];
  const find = async (): Promise<readonly string[]> => {
    const { outcome } = await observe(await contributeOf(subject, one).prepare());
    const value =
      outcome.ended === 'returned' ? (outcome.value as { layers?: readonly { id: string }[] }) : {};
    const ids = value.layers?.map(({ id }) => id) ?? [];
    return ids.join() === layers.join()
      ? []
      : [`its layers are ${ids.join(', ')} instead of ${layers.join(', ')}`];
  };
  return [
    check(
      'contribute/layers',
      `${one.name}: contribute asks for the layers ${layers.join(', ')}`,
      find,
    ),
  ];
}

const NOTHING_KNOWN: Partial<ModelFacts> = { packages: [], globals: [], inputs: [], outputs: [] };

/** A model that no plugin knows, and facts with holes in them: inspection gives what it finds, not what a plugin hopes for. */
function strangeChecks(subject: Subject<AnyFramework>, first: FrameworkCase): Check[] {
  const { estimator: _estimator, ...rest } = { estimator: undefined, ...NOTHING_KNOWN };
  const foreign: FrameworkCase = {
    name: 'a model of another kind',
    options: first.options,
    claims: false,
    facts: { ...rest, format: 'mlcontainer-conformance', fileName: 'model.strange' },
  };
  const strange: readonly FrameworkCase[] = [
    { name: 'facts without packages', facts: { ...first.facts, ...NOTHING_KNOWN } },
    { name: 'a version that is none', facts: withVersions(first, 'banana') },
    {
      name: 'a version that is more',
      facts: withVersions(first, '1.0\n--index-url https://example.org'),
    },
    {
      name: 'a Python of the future',
      ...(first.facts && { facts: first.facts }),
      pythonVersion: '3.99',
    },
    { name: 'no platform', ...(first.facts && { facts: first.facts }), platforms: [] },
    {
      name: 'requirements that are none',
      ...(first.facts && { facts: first.facts }),
      requirements: ['', '!!!', '-e .'],
    },
  ];
  const hasDetect = makePlugin(subject, first.options).detect !== undefined;
  return [
    ...(hasDetect ? claimCheck(subject, foreign) : []),
    ...strange.map((each) => codedCheck(subject, { ...each, options: first.options })),
  ];
}

/** Versions come out of a file that anybody may have written. */
function withVersions({ facts }: FrameworkCase, version: string): Partial<ModelFacts> {
  const { packages } = fakeFacts(facts);
  return { ...facts, packages: packages.map((each) => ({ ...each, version })) };
}

/** With strange input a hook returns what the contract allows, or fails with a code. */
function codedCheck(subject: Subject<AnyFramework>, one: FrameworkCase): Check {
  return check(
    'contribute/errors',
    `${one.name}: hooks return good data or fail with a code`,
    async () => {
      const problems: string[] = [];
      for (const { hook, prepare, shape } of [detectOf(subject, one), contributeOf(subject, one)]) {
        const { outcome } = await observe(await prepare());
        if (outcome.ended === 'hung') problems.push(`${hook} hung`);
        else
          problems.push(
            ...(outcome.ended === 'threw'
              ? errorProblems(outcome.error, hook)
              : shape(outcome.value)),
          );
      }
      return problems;
    },
  );
}
