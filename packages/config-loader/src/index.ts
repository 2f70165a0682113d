export { CONFIG_EXTENSIONS, findConfig, type FindOptions } from './find.ts';
export { loadConfig, type LoadedConfig, type LoadOptions } from './load.ts';
export type { ResolvedConfig } from './resolve.ts';
export { safeName } from './hints.ts';
export { configJsonSchema } from './schema.ts';
