import {
  mlcError,
  type Contribution,
  type JsonObject,
  type ModelFacts,
  type PlanContext,
} from '@mlcontainer/plugin-kit';
import type { SklearnOptions } from './options.ts';
import { pinVersion, userRequirements } from './pin.ts';
import { numpyCeiling } from './releases.ts';

/** Distributions that this plugin brings, or that scikit-learn depends on. */
const OURS: ReadonlySet<string> = new Set([
  'scikit-learn',
  'numpy',
  'scipy',
  'joblib',
  'pandas',
  'lz4',
]);
const BY_COLUMN = 'sklearn.compose._column_transformer.ColumnTransformer';

/** Layers, adapter and pins for one model. */
export function contribute(cx: PlanContext<SklearnOptions>): Contribution {
  demandEstimator(cx.facts);
  const pin = pinVersion(cx);
  warnOfOthers(cx);
  const pandas = needsPandas(cx);
  const requirements = [
    `scikit-learn==${pin.version}`,
    ...companions(cx.facts, pin.version, pandas),
  ];
  return {
    layers: [
      {
        id: 'python',
        slot: 'dependencies',
        source: { kind: 'python', requirements },
        reason: pin.reason,
      },
      {
        id: 'adapter',
        slot: 'dependencies',
        source: {
          kind: 'files',
          files: [{ path: '{site}/mlcontainer_sklearn.py', content: { url: ADAPTER } }],
        },
        reason: 'loads scikit-learn models and predicts with them',
      },
    ],
    adapter: { module: 'mlcontainer_sklearn', settings: settings(cx.options, pandas) },
  };
}

/** From `src` and from `dist` alike, the folder beside. */
const ADAPTER = new URL('../python/mlcontainer_sklearn.py', import.meta.url).href;

function demandEstimator(facts: ModelFacts): void {
  const { fileName: file, estimator } = facts;
  if (estimator !== undefined) return;
  const detail =
    'its root is no object but plain data, such as a dict or a tuple around the estimator';
  throw mlcError('MLC3103', { file, package: 'scikit-learn', detail });
}

/** Frames come only where columns are chosen by name, or where the user wants them: pandas is large and slow to import. */
function needsPandas(cx: PlanContext<SklearnOptions>): boolean {
  const { globals, featureNames, packages } = cx.facts;
  const byName = featureNames !== undefined && globals.includes(BY_COLUMN);
  return cx.options.pandas ?? (byName || packages.some((fact) => fact.name === 'pandas'));
}

/** What the model needs besides scikit-learn, or needs in certain versions. */
function companions(facts: ModelFacts, version: string, pandas: boolean): string[] {
  const specifier = (name: string) => facts.packages.find((fact) => fact.name === name)?.specifier;
  const numpy = specifier('numpy');
  return [
    numpyCeiling(version) ?? (numpy === undefined ? undefined : `numpy${numpy}`),
    specifier('scipy') === undefined ? undefined : `scipy${specifier('scipy')}`,
    facts.packages.some((fact) => fact.name === 'lz4') ? `lz4${specifier('lz4') ?? ''}` : undefined,
    pandas ? 'pandas' : undefined,
  ].filter((requirement) => requirement !== undefined);
}

function settings(options: SklearnOptions, pandas: boolean): JsonObject {
  return {
    ...(options.method === undefined ? {} : { method: options.method }),
    ...(pandas ? { frame: true } : {}),
  };
}

/** A step of another library loads only where that library is installed, in a version that the file does not tell. */
function warnOfOthers(cx: PlanContext<SklearnOptions>): void {
  const asked = new Set(userRequirements(cx).map((requirement) => requirement.name));
  for (const fact of cx.facts.packages) {
    if (OURS.has(fact.name) || asked.has(fact.name)) continue;
    cx.warn(
      `The model holds parts of ${fact.name} (${fact.evidence}); add ${fact.name}==… to requirements.`,
    );
  }
}
