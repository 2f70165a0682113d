export {
  artifactAttach,
  artifactCopy,
  artifactDiscover,
  artifactPull,
  artifactPush,
  type ArtifactCopied,
  type ArtifactCopyOptions,
  type ArtifactDiscovered,
  type ArtifactOptions,
  type ArtifactPulled,
  type ArtifactPullOptions,
  type ArtifactPushed,
} from './artifacts.ts';
export { build, type BuildOptions } from './build.ts';
export { cacheInfo, cachePrune, type CacheInfo, type CachePruned } from './cache.ts';
export { createContext, type ContextOptions, type EngineContext, type Env } from './context.ts';
export { doctor, type Check } from './doctor.ts';
export { configJsonSchema } from '@mlcontainer/config-loader';
export { inspectFile, type Inspection } from './facts.ts';
export { planHosts, type PlanHost } from './hosts.ts';
export {
  validateImage,
  type ImageInspection,
  type InspectedImage,
  type InspectedLayer,
} from './image/inspect.ts';
export { canonicalJson, prettyJson } from './json.ts';
export { readLock, parseLock } from './lock/file.ts';
export { makeLock, type LockOptions } from './lock/make.ts';
export { LOCK_FILE, type Lock, type LockedLayer } from './lock/types.ts';
export type { OutputKind } from './outputs/image.ts';
export type { PushedImage, PushTarget } from './outputs/push.ts';
export type { BuildReport, ImageReport, LayerReport } from './outputs/report.ts';
export { diffPlans, type PlanChange } from './plan/diff.ts';
export { explain, type Explanation } from './plan/explain.ts';
export { makePlan } from './plan/make.ts';
export { readPlan } from './plan/read.ts';
export { withRegistries } from './registry/registries.ts';
export { pushTarget } from './registry/target.ts';
export { openProject, type Project, type ProjectOptions } from './project.ts';
export { probeEngines } from './run/engines.ts';
export { runImage } from './run/run-image.ts';
export * from './run/types.ts';
export { vendor, type VendorOptions, type VendorReport } from './vendor/pack.ts';
export { CORE_VERSION } from './version.ts';
