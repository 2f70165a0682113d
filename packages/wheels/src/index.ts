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
export { wheelLayerEntries, type BytecodeFile, type LayerOptions } from './layer/entries.ts';
export type { InstallPaths } from './layer/place.ts';
export { planTrim, type TrimPlan, type TrimReport } from './layer/trim.ts';
export {
  compileSources,
  type CompileContext,
  type CompiledFile,
  type CompileOptions,
  type Interpreter,
  type SkippedFile,
  type SourceFile,
} from './bytecode/compile.ts';
export { compileBytecode, type FolderSource, type WheelSource } from './bytecode/sources.ts';
export { canonicalMarshal } from './bytecode/canonical.ts';
