import { type Base, type PlannedLayer, type RunStep } from '@mlcontainer/plugin-kit';

/** The layers of the config's `run`, in its order. */
export function runLayers(steps: readonly RunStep[] = []): readonly PlannedLayer[] {
  return steps.map(({ command, slot = 'dependencies', network = false, reason }, index) => ({
    id: `user/run-${index + 1}`,
    owner: 'user',
    slot,
    source: {
      kind: 'run',
      commands: [typeof command === 'string' ? ['/bin/sh', '-ec', command] : command],
      network: network ? 'declared' : 'none',
    },
    reason: reason ?? 'named by the config in run',
  }));
}

/** The layer of the packages whose maintainer scripts run. */
export function scriptLayers(base: Base): readonly PlannedLayer[] {
  if (base.kind !== 'debian' || base.scripts === undefined) return [];
  const { packages, scripts } = base;
  if (scripts !== true && scripts.length === 0) return [];
  const names = scripts === true ? packages : scripts;
  return [
    {
      id: 'user/scripts',
      owner: 'user',
      slot: 'runtime',
      source: { kind: 'scripts', packages: [...names].sort(), all: scripts === true },
      reason: 'named by the config in base.scripts',
    },
  ];
}

/** Whether a layer is made by running something. */
export function isStep({ source }: PlannedLayer): boolean {
  return source.kind === 'run' || source.kind === 'scripts';
}

/** Whether anything has to run while the image is built. */
export function hasSteps(layers: readonly PlannedLayer[]): boolean {
  return layers.some(isStep);
}

/** Whether maintainer scripts have to run. */
export function hasScripts(layers: readonly PlannedLayer[]): boolean {
  return layers.some(({ source }) => source.kind === 'scripts');
}
