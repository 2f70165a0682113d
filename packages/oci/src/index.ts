export * from './descriptor.ts';
export * from './entry.ts';
export { readTar, type ReadTarOptions, type TarEntry, type TarEntryType } from './tar/read.ts';
