export { confined, type Confinement, type Rights } from './confine.ts';
export { readChanges, type Change, type ChangedContent, type Changes } from './changes.ts';
export { diffEntries, type Diff, type DiffOptions } from './entries.ts';
export { BUILDAH_MINIMUM, type MachineFact } from './facts.ts';
export { commandText } from './failure.ts';
export { readLower, type LowerLayer, type LowerPlace, type LowerTree } from './lower.ts';
export { NOISE, noiseOf, type Noise } from './noise.ts';
export { probeBuildah, type BuildahProbe } from './probe.ts';
export type { BuildahContext } from './programs.ts';
export {
  runSteps,
  STEP_ENV,
  type BuildahWay,
  type Mount,
  type StepContext,
  type StepRequest,
} from './run.ts';
export type { StorageDriver } from './session.ts';
