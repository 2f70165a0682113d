import type { EmittedFile, Plugin, TargetFeature, TargetView } from '@mlcontainer/plugin-kit';

import { check, registerChecks, type Check, type TestFramework } from '../check.ts';
import { IMAGE_TOKEN, targetContext, type Situation } from './context.ts';
import { isRecord, isText } from './contribution.ts';
import { editProblems, emissionProblems } from './emission.ts';
import { errorProblems } from './errors.ts';
import { hookChecks, type HookOfCase } from './hook-checks.ts';
import { metaChecks } from './meta.ts';
import { observe, type Hook } from './observe.ts';
import { optionChecks } from './options.ts';
import { bindPlugin, makePlugin, type Subject } from './subject.ts';

/** A situation in which a target plugin is tried, and what must come of it. */
export interface TargetCase extends Situation {
  /** Unique among the cases. */
  readonly name: string;
  /** Handed to the factory. */
  readonly options?: unknown;
  /** The hook that must refuse this situation, and the code that it throws. */
  readonly refuses?: { readonly hook: 'constrain' | 'emit'; readonly code: string };
  /** Paths of the files, in order. */
  readonly emits?: readonly string[];
}

type AnyTarget = Extract<Plugin, { kind: 'target' }>;

/**
 * Puts a target plugin to the test in each case: what it says of itself, its support map, its options, and every
 * hook but `deploy`, which has effects and is never called. `subject` is the plugin or its factory. With a test
 * framework every check becomes a test; without one, run what is returned by `runChecks`.
 */
export function testTargetPlugin(
  subject: Subject<AnyTarget>,
  cases: readonly TargetCase[],
  framework?: TestFramework,
): readonly Check[] {
  const [first] = cases;
  if (first === undefined) throw new Error('A plugin is tested in one case at least');
  const checks = [
    ...metaChecks(subject, ['target'], first.options),
    check('meta/supports', 'takes a position on every feature', () =>
      supportProblems(makePlugin(subject, first.options).supports),
    ),
    ...cases.flatMap((each) => optionChecks(subject, each.name, each.options)),
    ...cases.flatMap((each) => caseChecks(subject, each)),
    ...strangeChecks(subject, first),
  ];
  if (framework !== undefined) {
    registerChecks(`conformance of ${makePlugin(subject, first.options).name}`, checks, framework);
  }
  return checks;
}

/** The compiler sees to it that none is forgotten. */
const FEATURES: Readonly<Record<TargetFeature, true>> = {
  arm64: true,
  gpu: true,
  grpc: true,
  zstdLayers: true,
  multiArchIndex: true,
  readOnlyRoot: true,
  secrets: true,
  trafficSplit: true,
  scaleToZero: true,
};
const LEVELS = ['stable', 'limited', 'experimental', 'unsupported'];

function supportProblems(supports: unknown): readonly string[] {
  if (!isRecord(supports)) return ['it has no support map'];
  const missing = Object.keys(FEATURES).filter((feature) => !isSupport(supports[feature]));
  const unknown = Object.keys(supports).filter((feature) => !Object.hasOwn(FEATURES, feature));
  return [
    ...missing.map((feature) => `supports.${feature} is missing or no level`),
    ...unknown.map((feature) => `supports.${feature} is no feature of the contract`),
  ];
}

function isSupport(value: unknown): boolean {
  if (!isRecord(value)) return LEVELS.includes(String(value));
  return LEVELS.includes(String(value.support)) && isText(value.message);
}

function caseChecks(subject: Subject<AnyTarget>, one: TargetCase): Check[] {
  const hasConstrain = makePlugin(subject, one.options).constrain !== undefined;
  const constrain = hasConstrain ? hookChecks(constrainOf(subject, one)) : [];
  if (one.refuses?.hook === 'constrain') return constrain;
  const emit = hookChecks(emitOf(subject, one));
  const files =
    one.refuses === undefined ? [tokenCheck(subject, one), ...filesCheck(subject, one)] : [];
  return [...constrain, ...emit, ...files];
}

function constrainOf(subject: Subject<AnyTarget>, one: TargetCase): HookOfCase {
  const prepare = async (): Promise<Hook> => {
    const { plugin, options } = await bindPlugin(subject, one.options);
    const { constrain } = plugin;
    if (constrain === undefined) return () => [];
    return (signal, recorder) =>
      constrain.call(plugin, targetContext(one, options, signal, recorder));
  };
  const refuses = one.refuses?.hook === 'constrain' ? one.refuses.code : undefined;
  return { hook: 'constrain', label: one.name, prepare, refuses, shape: editProblems };
}

function emitOf(subject: Subject<AnyTarget>, one: TargetCase): HookOfCase {
  const prepare = async (): Promise<Hook> => {
    const { plugin, options } = await bindPlugin(subject, one.options);
    return (signal, recorder) => plugin.emit(targetContext(one, options, signal, recorder));
  };
  const refuses = one.refuses?.hook === 'emit' ? one.refuses.code : undefined;
  return { hook: 'emit', label: one.name, prepare, refuses, shape: emissionProblems };
}

/** As long as the other, so that a text is not broken into lines at another place. */
const OTHER_TOKEN = '@@mlcontainer.other@@';

/** The token stands for an image that is not known yet: it must come through whole, and nothing may be made of it. */
function tokenCheck(subject: Subject<AnyTarget>, one: TargetCase): Check {
  return check('emit/token', `${one.name}: emit passes the image on untouched`, async () => {
    const [texts, others] = [
      await textsWith(subject, one, IMAGE_TOKEN),
      await textsWith(subject, one, OTHER_TOKEN),
    ];
    if (!texts.includes(IMAGE_TOKEN)) return ['no emitted file names the image'];
    return texts.replaceAll(IMAGE_TOKEN, OTHER_TOKEN) === others
      ? []
      : ['it makes something else of the image’s name'];
  });
}

async function textsWith(
  subject: Subject<AnyTarget>,
  one: TargetCase,
  image: string,
): Promise<string> {
  const { outcome } = await observe(
    await emitOf(subject, { ...one, plan: { ...one.plan, image } }).prepare(),
  );
  const files =
    outcome.ended === 'returned' && Array.isArray(outcome.value)
      ? (outcome.value as readonly EmittedFile[])
      : [];
  return files.map(({ path, text }) => `${path}\n${text}`).join('\n');
}

function filesCheck(subject: Subject<AnyTarget>, one: TargetCase): Check[] {
  const { emits } = one;
  if (emits === undefined) return [];
  const find = async (): Promise<readonly string[]> => {
    const { outcome } = await observe(await emitOf(subject, one).prepare());
    const files =
      outcome.ended === 'returned' && Array.isArray(outcome.value)
        ? (outcome.value as readonly EmittedFile[])
        : [];
    const paths = files.map(({ path }) => path);
    return paths.join() === emits.join()
      ? []
      : [`it emitted ${paths.join(', ')} instead of ${emits.join(', ')}`];
  };
  return [check('emit/files', `${one.name}: emit writes ${emits.join(', ')}`, find)];
}

/** Plans that are allowed, though a target may not have thought of them. */
function strangeChecks(subject: Subject<AnyTarget>, first: TargetCase): Check[] {
  const views: Readonly<Record<string, Partial<TargetView>>> = {
    'a name of one letter': { name: 'm' },
    'a name as long as a label may be': { name: 'm'.repeat(63) },
    'values that look like the syntax around them': {
      env: { TEXT: 'a: "b"\n- {c}\t# d' },
      labels: { 'a.b/c': "it's: @here" },
    },
    'a plan for arm64 alone': { platforms: [{ os: 'linux', architecture: 'arm64' }] },
    'a plan that uses every feature': { uses: Object.keys(FEATURES) as TargetFeature[] },
    'another port': { port: 65_535 },
  };
  return Object.entries(views).map(([name, plan]) =>
    codedCheck(subject, {
      name,
      options: first.options,
      ...(first.facts && { facts: first.facts }),
      plan: { ...first.plan, ...plan },
    }),
  );
}

/** With a strange plan a hook returns what the contract allows, or fails with a code. */
function codedCheck(subject: Subject<AnyTarget>, one: TargetCase): Check {
  return check(
    'emit/errors',
    `${one.name}: hooks return good data or fail with a code`,
    async () => {
      const problems: string[] = [];
      for (const { hook, prepare, shape } of [constrainOf(subject, one), emitOf(subject, one)]) {
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
