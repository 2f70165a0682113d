export * from './descriptor.ts';
export * from './entry.ts';
export { createLayerLint, lintEntry, type LintOptions } from './layer/lint.ts';
export { withParents } from './layer/parents.ts';
export {
  writeLayer,
  type LayerCompression,
  type WriteLayerOptions,
  type WrittenLayer,
} from './layer/write.ts';
export { readTar, type ReadTarOptions, type TarEntry, type TarEntryType } from './tar/read.ts';
