/**
 * What a `mlcontainer.config.ts` imports: `defineConfig`, the bases, and the types of a config.
 * The programs of the tool are not part of this; they live in `@mlcontainer/core`.
 */
export { debian, defineConfig, image } from '@mlcontainer/plugin-kit';
export type {
  AllowedGlobal,
  Base,
  ConfigEnv,
  DebianBase,
  ImageBase,
  ModelOptions,
  PlatformName,
  Plugin,
  PluginOption,
  UserConfig,
  UserConfigExport,
} from '@mlcontainer/plugin-kit';
