export { normalizeName, normalizeVersion } from './names/normalize.ts';
export {
  expandTags,
  isWheelOf,
  parseWheelFileName,
  type WheelFileName,
} from './names/wheel-file.ts';
export {
  bestWheel,
  machineOf,
  platformTags,
  supportedTags,
  tagRanks,
  type TagTarget,
} from './names/tags.ts';
export { openZip, type ZipArchive, type ZipMember } from './zip/archive.ts';
export { openWheel, type ExpectedWheel, type Wheel } from './wheel/open.ts';
export type { EntryPoint } from './wheel/entry-points.ts';
export type { Scheme, WheelFile } from './wheel/layout.ts';
export type { WheelMetadata } from './wheel/metadata.ts';
export type { FileHash } from './wheel/record.ts';
export { readChecked, streamChecked, verifyWheel } from './wheel/verify.ts';
export type { BytecodeFile } from './layer/bytecode.ts';
export { wheelLayerEntries, type LayerOptions } from './layer/entries.ts';
export type { InstallPaths } from './layer/place.ts';
export { planTrim, type TrimPlan, type TrimReport } from './layer/trim.ts';
export {
  openCompiler,
  type CompileContext,
  type CompiledFile,
  type CompileOptions,
  type Compiler,
  type SkippedFile,
  type SourceFile,
} from './bytecode/compile.ts';
export type { Interpreter } from './bytecode/process.ts';
export { sourceFeed, type SourceFeed } from './bytecode/feed.ts';
export { wheelSources, type WheelPlaces } from './bytecode/sources.ts';
export { canonicalMarshal } from './bytecode/canonical.ts';
export { describeSettings, type SettingLine } from './settings/describe.ts';
export type { IndexPlace, IndexSettings } from './settings/indexes.ts';
export type { Env } from './settings/pip.ts';
export type { Place, Secret } from './settings/secret.ts';
export type { Setting } from './settings/setting.ts';
export {
  type IndexStrategy,
  type PythonSettings,
  pythonSettings,
  type SettingsRequest,
} from './settings/settings.ts';
export { defaultIndex, type DefaultIndexContext } from './simple/default-index.ts';
export { parseBuildSystem, readBuildSystem, type BuildSystem } from './sdist/build-system.ts';
export { fetchSource, type LockedSource } from './sdist/find.ts';
export { fetchWheel, type FetchContext } from './fetch/fetch-wheel.ts';
export { findUv, type FoundUv, type UvContext } from './uv/find.ts';
export type { LockedWheel, WheelLock } from './uv/lock.ts';
export { resolveWheels, type ResolveContext, type ResolveRequest } from './uv/resolve.ts';
export { UV_MINIMUM, UV_PREFERRED } from './uv/version.ts';
