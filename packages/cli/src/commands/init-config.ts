import type { ModelFacts } from '@mlcontainer/plugin-kit';

/** A framework plugin: where it comes from, and what it is called. */
export interface FrameworkChoice {
  readonly plugin: string;
  readonly factory: string;
}

/** Framework plugins by the distribution that a model names. */
const FRAMEWORKS: Readonly<Record<string, FrameworkChoice>> = {
  'scikit-learn': { plugin: '@mlcontainer/framework-sklearn', factory: 'sklearn' },
};

const TARGETS = {
  'cloud-run': { plugin: '@mlcontainer/target-cloud-run', factory: 'cloudRun' },
} as const;
export type TargetName = keyof typeof TARGETS;

/** The plugin for the first known distribution that the model names. */
export function frameworkOf({ packages }: ModelFacts): FrameworkChoice | undefined {
  return packages.map(({ name }) => FRAMEWORKS[name]).find((choice) => choice !== undefined);
}

export interface ConfigContent {
  /** Relative to the config. */
  readonly model: string;
  readonly facts: ModelFacts;
  readonly framework: FrameworkChoice | undefined;
  readonly targets: readonly TargetName[];
}

/** The text of a new `mlcontainer.config.ts`. */
export function configText({ model, facts, framework, targets }: ConfigContent): string {
  const choices = [
    ...(framework === undefined ? [] : [framework]),
    ...new Set(targets.map((target) => TARGETS[target])),
  ];
  const imports = choices.map(
    ({ plugin, factory }) => `import { ${factory} } from ${quoted(plugin)};`,
  );
  const plugins = choices.map(({ factory }) => `${factory}()`).join(', ');
  return [
    ...imports,
    "import { defineConfig } from 'mlcontainer';",
    '',
    'export default defineConfig({',
    `  // ${commentText(facts)}`,
    `  model: ${quoted(model)},`,
    `  plugins: [${plugins}],`,
    '});',
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function commentText({
  format,
  packages: [first],
  estimator,
  inputs: [input],
}: ModelFacts): string {
  const parts = [
    format,
    first === undefined ? '' : `${first.name} ${first.version ?? ''}`.trim(),
    estimator?.className ?? '',
    input === undefined ? '' : `input ${input.name} [${input.shape.join(', ')}]`,
  ];
  // Names come out of a foreign file: a line break would end the comment.
  return parts
    .filter((part) => part !== '')
    .join(', ')
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
