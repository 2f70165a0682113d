import type { StandardIssue, StandardSchemaV1 } from '@mlcontainer/plugin-kit';
import * as v from 'valibot';
import { MEMORY_PATTERN } from './resources.ts';
import { withDefaults, type CloudRunOptions, type CloudRunSettings } from './options.ts';
import { brokenRules } from './rules.ts';

function text(expression: RegExp, expected: string) {
  return v.pipe(v.string(), v.regex(expression, `expected ${expected}`));
}

function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}

/** An object of these keys and of no other. */
function keys<const T extends v.ObjectEntries>(entries: T) {
  const known = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ message, expected }) =>
    expected === 'never' ? `unknown option; there are ${known}` : message,
  );
}

/** Knative's names; the bounds of google.cloud.run.v2.Probe. */
function probe(mostDelay: number) {
  return keys({
    initialDelaySeconds: v.optional(integer(0, mostDelay)),
    timeoutSeconds: v.optional(integer(1, mostDelay)),
    periodSeconds: v.optional(integer(1, mostDelay)),
    failureThreshold: v.optional(integer(1)),
  });
}

const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const share = keys({
  revision: v.optional(text(NAME, 'the name of a revision')),
  percent: integer(0, 100),
  tag: v.optional(text(NAME, 'lower-case letters, digits and dashes')),
});

const secret = keys({
  secret: text(/^[A-Za-z0-9_-]{1,255}$/, 'the name of a secret'),
  version: v.optional(
    text(/^(?:latest|[1-9]\d*|[A-Za-z][A-Za-z0-9_-]*)$/, "'latest', a number or an alias"),
  ),
});

const variable = text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const shape = keys({
  service: v.optional(v.string()),
  region: v.optional(text(/^[a-z]+-[a-z]+\d+$/, "a region such as 'europe-west1'")),
  project: v.optional(
    text(
      /^(?:[a-z][a-z0-9-]{4,28}[a-z0-9]|[a-z0-9.-]+:[a-z][a-z0-9-]{4,28}[a-z0-9]|\d+)$/,
      'a project ID or number',
    ),
  ),
  description: v.optional(v.pipe(v.string(), v.maxLength(512))),
  cpu: v.optional(v.number()),
  memory: v.optional(text(MEMORY_PATTERN, "a quantity such as '512Mi' or '2Gi'")),
  cpuAllocation: v.optional(v.picklist(['request', 'always'])),
  concurrency: v.optional(integer(1, 1000)),
  minInstances: v.optional(integer(0)),
  maxInstances: v.optional(integer(1)),
  timeoutSeconds: v.optional(integer(1, 3600)),
  serviceAccount: v.optional(
    text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'the e-mail address of a service account'),
  ),
  ingress: v.optional(v.picklist(['all', 'internal', 'internal-and-cloud-load-balancing'])),
  env: v.optional(v.record(variable, v.string())),
  secrets: v.optional(v.record(variable, secret)),
  executionEnvironment: v.optional(v.picklist(['gen1', 'gen2'])),
  startupCpuBoost: v.optional(v.boolean()),
  labels: v.optional(v.record(v.string(), v.string())),
  traffic: v.optional(v.pipe(v.array(share), v.minLength(1))),
  gpu: v.optional(v.picklist(['nvidia-l4'])),
  startupProbe: v.optional(probe(240)),
  livenessProbe: v.optional(v.union([v.literal(false), probe(3600)])),
});

/** Checks the options of `cloudRun()`: their types, then the rules of the platform, and fills the defaults in. */
export const optionsSchema: StandardSchemaV1<unknown, CloudRunSettings> = {
  '~standard': { version: 1, vendor: 'mlcontainer', validate },
};

function validate(value: unknown) {
  const checked = v.safeParse(shape, value);
  if (!checked.success) return { issues: checked.issues.flatMap(innermost) };
  const settings = withDefaults(checked.output as CloudRunOptions);
  const issues = brokenRules(settings).map(({ path, error }) => ({
    path,
    message: `${error.message} ${error.why} ${error.fix} [${error.code}]`,
  }));
  return issues.length > 0 ? { issues } : { value: settings };
}

/** What is wrong in the branch of a union that was meant: an object is never meant to be `false`. */
function innermost(issue: v.BaseIssue<unknown>): StandardIssue[] {
  const inner = (issue.issues ?? []).filter(({ path }) => path !== undefined);
  const above = issue.path?.map(({ key }) => key as PropertyKey) ?? [];
  if (inner.length === 0) return [{ message: issue.message, path: above }];
  return inner.flatMap(innermost).map(({ message, path = [] }) => ({
    message,
    path: [...above, ...path],
  }));
}
