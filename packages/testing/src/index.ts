export {
  ConformanceError,
  runChecks,
  type Check,
  type CheckResult,
  type TestFramework,
} from './check.ts';
export type { Situation } from './conformance/context.ts';
export { testFrameworkPlugin, type FrameworkCase } from './conformance/framework.ts';
export type { Subject } from './conformance/subject.ts';
export { testTargetPlugin, type TargetCase } from './conformance/target.ts';
export { fakeClock, type FakeClock } from './doubles/clock.ts';
export { fakeFacts } from './doubles/facts.ts';
export { recordingHost, type RecordingHost } from './doubles/host.ts';
export {
  fakePorts,
  type FakeAnswer,
  type FakePorts,
  type FakePortsOptions,
} from './doubles/ports.ts';
export { tempProject, type TempProject } from './doubles/project.ts';
export type { Action, Authentication, Grant } from './registry/auth/settings.ts';
export type { Fault, Misfortune, Moment, Occasion } from './registry/faults/fault.ts';
export type { Journal, JournalEntry } from './registry/journal.ts';
export type { RegistryOptions, SeedManifest, TestRegistry } from './registry/options.ts';
export { PROFILES, type Profile, type ProfileName } from './registry/profiles.ts';
export { startRegistry } from './registry/registry.ts';
export type { Commit } from './registry/state.ts';
export { startDockerRegistry, type DockerRegistry } from './registry/docker-registry.ts';
