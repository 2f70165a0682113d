import { mlcError, type ModelFacts, type Plan, type PlanEdit } from '@mlcontainer/plugin-kit';
import type { Project } from '../project.ts';
import type { OwnedContribution } from './contribute.ts';
import type { PythonOfBase } from './base.ts';
import type { BaseRuntime } from './base-runtime.ts';

/** The unprivileged user of every image, `nonroot` in the base's passwd. */
export const IMAGE_USER = '65532:65532';

/** What an image's configuration is joined from, before the targets edit it. */
export interface ConfigInputs {
  readonly project: Project;
  readonly facts: ModelFacts;
  readonly python: PythonOfBase;
  /** What the base sets; a config's `env` overrides it. */
  readonly runtime: BaseRuntime;
  readonly contributions: readonly OwnedContribution[];
}

/** Environment and labels, joined from base, plugins, targets and the user, who has the last word. */
export function imageConfig(inputs: ConfigInputs, edits: readonly PlanEdit[]): Plan['config'] {
  const { project, facts, python, runtime, contributions } = inputs;
  const { config } = project;
  return {
    user: IMAGE_USER,
    workingDir: '/opt/mlcontainer',
    entrypoint: [python.executable, '-m', 'mlcontainer_server'],
    env: {
      ...runtime.env,
      ...pluginValues(contributions, 'env'),
      ...edited(edits, 'setEnv'),
      ...config.env,
    },
    labels: {
      ...modelLabels(config.name, facts),
      ...pluginValues(contributions, 'labels'),
      ...edited(edits, 'setLabel'),
      ...config.labels,
    },
    port: config.server.port,
  };
}

/** What a registry or an operator can read of the model without pulling the image. */
function modelLabels(name: string, facts: ModelFacts): Record<string, string> {
  const [framework] = facts.packages;
  const version = framework?.version === undefined ? '' : `==${framework.version}`;
  return {
    'org.opencontainers.image.title': name,
    'dev.mlcontainer.model.format': facts.format,
    'dev.mlcontainer.model.sha256': facts.sha256,
    ...(framework === undefined
      ? {}
      : { 'dev.mlcontainer.model.framework': `${framework.name}${version}` }),
  };
}

/** Values of plugins, joined; two plugins that set the same name to different values contradict each other. */
function pluginValues(
  contributions: readonly OwnedContribution[],
  field: 'env' | 'labels',
): Record<string, string> {
  const joined: Record<string, string> = {};
  const owners: Record<string, string> = {};
  for (const { owner, contribution } of contributions) {
    for (const [name, value] of Object.entries(contribution[field] ?? {})) {
      if (name in joined && joined[name] !== value) {
        throw mlcError('MLC2108', { path: `${field}.${name}`, owners: [owners[name]!, owner] });
      }
      joined[name] = value;
      owners[name] = owner;
    }
  }
  return joined;
}

function edited(edits: readonly PlanEdit[], kind: 'setEnv' | 'setLabel'): Record<string, string> {
  return Object.fromEntries(
    edits.flatMap((edit) => (edit.edit === kind ? [[edit.name, edit.value] as const] : [])),
  );
}
