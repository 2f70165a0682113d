import type { StandardIssue, StandardSchemaV1 } from '@mlcontainer/plugin-kit';
import { parseVersion } from './version.ts';

/** The methods of an estimator that a request may ask for. */
export const METHODS = ['predict', 'predict_proba', 'decision_function', 'transform'] as const;
/** The name of one of them. */
export type Method = (typeof METHODS)[number];

/** What the user may set: `sklearn({ … })`. */
export interface SklearnOptions {
  /** Serve with this scikit-learn instead of the one that wrote the model: `1.9.1`. Needs `versionReason`. */
  readonly version?: string;
  /** Why another version is safe for this model; recorded in the plan. */
  readonly versionReason?: string;
  /** What answers a request that names no method; `predict` when left out. */
  readonly method?: Method;
  /** Give the model pandas frames; otherwise only a model that selects columns by name gets them. */
  readonly pandas?: boolean;
}

type Check = (value: unknown) => string | undefined;

const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'expected some text';
const version: Check = (value) =>
  typeof value === 'string' && parseVersion(value) !== undefined
    ? undefined
    : 'expected a version such as 1.9.1';
const method: Check = (value) =>
  METHODS.some((name) => name === value) ? undefined : `expected one of ${METHODS.join(', ')}`;
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'expected true or false');

const CHECKS: Readonly<Record<keyof SklearnOptions, Check>> = {
  version,
  versionReason: text,
  method,
  pandas: flag,
};

function issuesOf(options: Partial<Record<string, unknown>>): StandardIssue[] {
  const issues: StandardIssue[] = [];
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof SklearnOptions] : undefined;
    const problem =
      check === undefined
        ? `unknown option; there are ${Object.keys(CHECKS).join(', ')}`
        : check(value);
    if (problem !== undefined) issues.push({ message: problem, path: [key] });
  }
  if (options['version'] !== undefined && options['versionReason'] === undefined) {
    issues.push({
      message: 'expected a reason, since version overrules the model',
      path: ['versionReason'],
    });
  }
  return issues;
}

/** Checks the options; every problem at once. */
export const optionsSchema: StandardSchemaV1<unknown, SklearnOptions> = {
  '~standard': {
    version: 1,
    vendor: 'mlcontainer',
    validate: (value) => {
      if (value === undefined) return { value: {} };
      if (typeof value !== 'object' || value === null)
        return { issues: [{ message: 'expected an object' }] };
      const issues = issuesOf({ ...value });
      return issues.length > 0 ? { issues } : { value };
    },
  },
};
