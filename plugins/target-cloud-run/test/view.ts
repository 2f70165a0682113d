import type { ModelFacts, ReadContext, TargetContext, TargetView } from '@mlcontainer/plugin-kit';
import { cloudRun, type CloudRunOptions, type CloudRunSettings } from '../src/index.ts';

const FACTS: ModelFacts = {
  fileName: 'model.joblib',
  size: 4821,
  sha256: 'a'.repeat(64),
  format: 'joblib',
  trust: 'code',
  compression: 'none',
  packages: [{ name: 'scikit-learn', version: '1.9.1', evidence: 'the stamp of the estimator' }],
  inputs: [],
  outputs: [],
  globals: [],
};

export const VIEW: TargetView = {
  name: 'diabetes',
  image: '@@mlcontainer.image@@',
  platforms: [{ os: 'linux', architecture: 'amd64' }],
  port: 8080,
  routes: { live: '/v2/health/live', ready: '/v2/health/ready', predict: '/predict' },
  env: { PYTHONUNBUFFERED: '1' },
  labels: {},
  uses: [],
  facts: FACTS,
};

/** Checks options as the core does. */
export async function check(options: unknown) {
  const plugin = cloudRun(options as CloudRunOptions);
  const result = await plugin.optionsSchema?.['~standard'].validate(plugin.options);
  if (result === undefined) throw new Error('the plugin has no options schema');
  return result;
}

/** The codes in the messages of the issues. */
export async function codesOf(options: unknown): Promise<string[]> {
  const { issues = [] } = await check(options);
  return issues.map((issue) => /\[(MLC\d{4})\]$/.exec(issue.message)?.[1] ?? 'shape');
}

/** The context that the core hands to a hook, and the warnings given through it. */
export async function contextFor(
  options: CloudRunOptions = {},
  view: Partial<TargetView> = {},
): Promise<{ cx: TargetContext<CloudRunSettings>; warnings: string[] }> {
  const checked = await check(options);
  if (checked.issues) throw new Error(JSON.stringify(checked.issues));
  const warnings: string[] = [];
  const read: ReadContext = {
    files: { exists: () => Promise.resolve(false), text: () => Promise.reject(new Error('none')) },
    signal: new AbortController().signal,
    warn: (message) => warnings.push(message),
    meta: { core: '0.1.0', api: 1 },
  };
  return { cx: { ...read, options: checked.value, plan: { ...VIEW, ...view } }, warnings };
}

/** The text of `service.yaml`. */
export async function emitted(
  options?: CloudRunOptions,
  view?: Partial<TargetView>,
): Promise<string> {
  const { cx } = await contextFor(options, view);
  const files = await cloudRun(options).emit(cx);
  return files.map((file) => `# ${file.path}\n${file.text}`).join('');
}
