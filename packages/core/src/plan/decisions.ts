import type { Decision, Plan, PlannedLayer } from '@mlcontainer/plugin-kit';
import type { Project } from '../project.ts';
import { stepDecisions, stepText } from '../steps/decisions.ts';
import type { Claim } from './detect.ts';

/** Who decided what, and why: the material of `mlcontainer explain`. */
export function decisions(
  plan: Omit<Plan, 'decisions'>,
  claim: Claim,
  config: Project['config'],
  base: readonly Decision[],
): readonly Decision[] {
  return [
    {
      subject: 'framework',
      value: claim.plugin.name,
      owner: claim.plugin.name,
      reason: claim.detection.evidence.join('; '),
    },
    ...modelDecisions(plan),
    {
      subject: 'python.version',
      value: plan.python.version,
      owner: 'core',
      reason: `the base ${baseName(plan)} brings it; server and wheels are in ${plan.python.site}`,
    },
    ...base,
    ...optionDecisions(plan, config),
    ...plan.layers.map(layerDecision),
    ...stepDecisions(plan),
    ...plan.targets.map((target) => ({
      subject: `targets.${target.name}`,
      value: target.files.map((file) => file.path).join(', '),
      owner: target.name,
      reason: 'the config names this target',
    })),
    ...(config.image === undefined
      ? []
      : [{ subject: 'image', value: config.image, owner: 'user', reason: 'named by the config' }]),
  ];
}

function modelDecisions(plan: Omit<Plan, 'decisions'>): readonly Decision[] {
  const { model } = plan;
  const stored = model.compression === 'none';
  return [
    {
      subject: 'model.compression',
      value: model.compression,
      owner: 'core',
      reason: stored ? 'a sample of the file does not compress' : 'a sample of the file compresses',
    },
    ...model.facts.packages.map((fact) => ({
      subject: `model.packages.${fact.name}`,
      value: fact.version ?? fact.specifier ?? '',
      owner: 'core',
      reason: fact.evidence,
    })),
    ...model.allow.map((entry) => ({
      subject: `model.allow.${entry.global}`,
      value: 'allowed',
      owner: 'user',
      reason: entry.reason,
    })),
  ];
}

function optionDecisions(
  plan: Omit<Plan, 'decisions'>,
  config: Project['config'],
): readonly Decision[] {
  const { bytecode, trim, compression } = plan.options;
  const decide = (subject: string, value: string, reason: string): Decision => {
    return { subject, value, owner: 'core', reason };
  };
  return [
    decide(
      'options.bytecode',
      String(bytecode),
      bytecode === config.bytecode
        ? 'ready-made .pyc files halve the import time of a cold start'
        : 'no machine of the base’s architecture pinned it, so its Python cannot be run',
    ),
    decide(
      'options.trim',
      String(trim),
      'test folders of wheels, and columns in the bytecode of packages, are not needed to serve; `trim: false` keeps them',
    ),
    decide(
      'options.compression',
      compression,
      'how layers are compressed; see docs/guide/layers.md',
    ),
  ];
}

function layerDecision(layer: PlannedLayer): Decision {
  return {
    subject: `layers.${layer.id}`,
    value: `${layer.slot}: ${sourceText(layer)}`,
    owner: layer.owner,
    reason: layer.reason,
  };
}

function sourceText({ source }: PlannedLayer): string {
  if (source.kind === 'debian') return source.packages.join(', ');
  if (source.kind === 'python') return source.requirements.join(', ');
  if (source.kind === 'run' || source.kind === 'scripts') return stepText(source);
  return source.files.map((file) => file.path).join(', ');
}

function baseName(plan: Omit<Plan, 'decisions'>): string {
  return plan.base.kind === 'debian' ? `Debian ${plan.base.suite}` : plan.base.reference;
}
