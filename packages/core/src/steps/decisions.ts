import { commandText, NOISE } from '@mlcontainer/buildah-wrapper';
import type { Decision, Plan, PlannedSource } from '@mlcontainer/plugin-kit';
import { hasSteps } from './planned.ts';
import { stepTools } from './tools.ts';

/** What is decided for all steps of a plan; nothing where it has none. */
export function stepDecisions(plan: Pick<Plan, 'layers' | 'base' | 'sdists'>): readonly Decision[] {
  const { sdists = [] } = plan;
  if (!hasSteps(plan.layers) && sdists.length === 0) return [];
  const decide = (subject: string, value: string, reason: string): Decision => {
    return { subject, value, owner: 'core', reason };
  };
  const tools = stepTools(plan);
  const compiled = sdists.map((pin): Decision => ({
    subject: `sdists.${pin}`,
    value: 'compiled from its sources (hermetic)',
    owner: 'user',
    reason: 'named by the config in sdists',
  }));
  return [
    ...compiled,
    decide('steps.builder', 'buildah, chroot isolation', 'a plan without steps needs no builder'),
    ...(tools.length === 0
      ? []
      : [
          decide(
            'steps.tools',
            tools.join(', '),
            'in the build container only, so that a step finds a shell; nothing of it is shipped',
          ),
        ]),
    decide(
      'steps.ignored',
      NOISE.map(({ kind, path }) => (kind === 'tree' ? `${path}/` : path)).join(', '),
      'what a step leaves there depends on the machine or the moment, and is not taken back',
    ),
  ];
}

/** A step in a line, with what it may do. */
export function stepText(source: Extract<PlannedSource, { kind: 'run' | 'scripts' }>): string {
  if (source.kind === 'scripts') {
    const others = source.all ? ' and what they depend on' : '';
    return `maintainer scripts of ${source.packages.join(', ')}${others}, hermetic`;
  }
  const commands = source.commands.map(commandText).join('; ');
  if (source.network === 'none') return `${commands} (hermetic)`;
  return `${commands} (with network: not reproducible, its result is pinned by the lock)`;
}
