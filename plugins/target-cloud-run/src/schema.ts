import type { StandardSchemaV1 } from '@mlcontainer/plugin-kit';
// By name of the module, so that a bundle leaves out what is not asked for.
import * as z from 'zod';
import { MEMORY_PATTERN } from './resources.ts';
import { withDefaults, type CloudRunOptions, type CloudRunSettings } from './options.ts';
import { brokenRules } from './rules.ts';

// Options are checked once: a checker that is compiled for them (zod's default) takes longer than it saves.
z.config({ jitless: true });

function text(expression: RegExp, expected: string) {
  return z.string().regex(expression, `expected ${expected}`);
}

const seconds = (least: number, most: number) => z.int().min(least).max(most);

/** Knative's names; the bounds of google.cloud.run.v2.Probe. */
function probe(mostDelay: number) {
  return z.strictObject({
    initialDelaySeconds: seconds(0, mostDelay).optional(),
    timeoutSeconds: seconds(1, mostDelay).optional(),
    periodSeconds: seconds(1, mostDelay).optional(),
    failureThreshold: z.int().min(1).optional(),
  });
}

const share = z.strictObject({
  revision: text(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'the name of a revision').optional(),
  percent: z.int().min(0).max(100),
  tag: text(
    /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'lower-case letters, digits and dashes',
  ).optional(),
});

const secret = z.strictObject({
  secret: text(/^[A-Za-z0-9_-]{1,255}$/, 'the name of a secret'),
  version: text(
    /^(?:latest|[1-9]\d*|[A-Za-z][A-Za-z0-9_-]*)$/,
    "'latest', a number or an alias",
  ).optional(),
});

const variable = text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const shape = z.strictObject({
  service: z.string().optional(),
  region: text(/^[a-z]+-[a-z]+\d+$/, "a region such as 'europe-west1'").optional(),
  project: text(
    /^(?:[a-z][a-z0-9-]{4,28}[a-z0-9]|[a-z0-9.-]+:[a-z][a-z0-9-]{4,28}[a-z0-9]|\d+)$/,
    'a project ID or number',
  ).optional(),
  description: z.string().max(512).optional(),
  cpu: z.number().optional(),
  memory: text(MEMORY_PATTERN, "a quantity such as '512Mi' or '2Gi'").optional(),
  cpuAllocation: z.enum(['request', 'always']).optional(),
  concurrency: z.int().min(1).max(1000).optional(),
  minInstances: z.int().min(0).optional(),
  maxInstances: z.int().min(1).optional(),
  timeoutSeconds: seconds(1, 3600).optional(),
  serviceAccount: text(
    /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
    'the e-mail address of a service account',
  ).optional(),
  ingress: z.enum(['all', 'internal', 'internal-and-cloud-load-balancing']).optional(),
  env: z.record(variable, z.string()).optional(),
  secrets: z.record(variable, secret).optional(),
  executionEnvironment: z.enum(['gen1', 'gen2']).optional(),
  startupCpuBoost: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  traffic: z.array(share).min(1).optional(),
  gpu: z.enum(['nvidia-l4']).optional(),
  startupProbe: probe(240).optional(),
  livenessProbe: z.union([z.literal(false), probe(3600)]).optional(),
});

/** Checks the options of `cloudRun()`: their types, then the rules of the platform, and fills the defaults in. */
export const optionsSchema: StandardSchemaV1<unknown, CloudRunSettings> = {
  '~standard': { version: 1, vendor: 'mlcontainer', validate },
};

function validate(value: unknown) {
  const checked = shape.safeParse(value);
  if (!checked.success) return { issues: checked.error.issues };
  const settings = withDefaults(checked.data as CloudRunOptions);
  const issues = brokenRules(settings).map(({ path, error }) => ({
    path,
    message: `${error.message} ${error.why} ${error.fix} [${error.code}]`,
  }));
  return issues.length > 0 ? { issues } : { value: settings };
}
