export { ociMediaType } from './base/media-types.ts';
export {
  createImageTree,
  type ImageNode,
  type ImageTree,
  type ImageTreeOptions,
} from './base/tree.ts';
export * from './descriptor.ts';
export * from './entry.ts';
export { assembleImage, assembleIndex, type AssembleOptions } from './image/assemble.ts';
export { compressionOf, decompress, type StoredCompression } from './image/decompress.ts';
export { digestOf, jsonBlob, orderedDescriptor, type Blob } from './image/json.ts';
export { layerFrom, layerFromFile, type KnownLayer, type Layer } from './image/layer.ts';
export type {
  AssembledImage,
  AssembledIndex,
  ImageBase,
  ImageLayer,
  ImageSpec,
  RunConfig,
} from './image/spec.ts';
export { chooseModelCompression } from './layer/choose.ts';
export { createInflater, type Inflated, type Inflater } from './layer/inflater.ts';
export {
  createLayerLint,
  lintEntry,
  MERGED_USR,
  type LintedEntry,
  type LintOptions,
} from './layer/lint.ts';
export { withParents } from './layer/parents.ts';
export { wasmInstances, type WasmMemory } from './layer/wasm.ts';
export {
  writeLayer,
  writeLayerUnhashed,
  type LayerCompression,
  type WriteLayerOptions,
  type WrittenLayer,
} from './layer/write.ts';
export { openAhead, type BlobsAhead } from './output/ahead.ts';
export { writeArchive, type ArchiveOptions } from './output/archive.ts';
export {
  layoutContent,
  type BlobSource,
  type LayoutContent,
  type LayoutRoot,
} from './output/content.ts';
export { writtenBeside } from './output/beside.ts';
export {
  writeLayout,
  type LayoutOptions,
  type OutputOptions,
  type WrittenOutput,
} from './output/layout.ts';
export type { LayoutFile } from './read/files.ts';
export {
  isDigest,
  parseObject,
  ShapeFault,
  toConfig,
  toIndex,
  toManifest,
  type ConfigJson,
  type HistoryJson,
  type IndexJson,
  type ManifestJson,
} from './read/json.ts';
export { openLayout, type Layout } from './read/open.ts';
export { readTar, type ReadTarOptions, type TarEntry } from './tar/read.ts';
export type { TarEntryFacts, TarEntryType } from './tar/resolve.ts';
export type {
  ImageFacts,
  ImageLayerFacts,
  LayerFacts,
  ValidationReport,
} from './validate/report.ts';
export { validateLayout } from './validate/validate.ts';
