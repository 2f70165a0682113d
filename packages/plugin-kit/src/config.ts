import type { Awaitable } from './awaitable.ts';
import type { Base } from './base.ts';
import type { PlatformName } from './platform.ts';
import type { Plugin } from './plugin.ts';
import type { RegistriesConfig } from './registries.ts';

/** Falsy plugins are skipped, promises awaited and arrays flattened, so that a config may write `gpu && cuda()`. */
export type PluginOption =
  Plugin | false | null | undefined | Promise<PluginOption> | readonly PluginOption[];

/** A pickle global that the user lets in, with the reason on record. */
export interface AllowedGlobal {
  /** Exact `module.name`. */
  readonly global: string;
  readonly reason: string;
}

/** The model, where its path alone says too little. */
export interface ModelOptions {
  /** Relative to the config. */
  readonly path: string;
  /** Globals outside the framework's allowlist that this file may name. */
  readonly allow?: readonly AllowedGlobal[];
  /** Refuse the build when the file's hash is another. Hex SHA-256. */
  readonly sha256?: string;
  /** Push the model as an artifact of its own (CNCF ModelPack): `beside` its layer in the image, or `instead` of it, for clusters that mount it. */
  readonly artifact?: 'beside' | 'instead';
}

/** A command that runs in the root filesystem while the image is built, on a real buildah. */
export interface RunStep {
  /** A line for `/bin/sh -ec`, or a program with its arguments. */
  readonly command: string | readonly string[];
  /** After whose layers it runs; `dependencies` when left out, which a changed handler or model does not repeat. */
  readonly slot?: 'runtime' | 'dependencies' | 'app';
  /** Let it use the network. Its result is then not reproducible, and pinned by the lock. */
  readonly network?: boolean;
  /** For `explain`. */
  readonly reason?: string;
}

/** What the user writes in `mlcontainer.config.ts`. */
export interface UserConfig {
  /** Names the image, the model on the server and `dist/<name>/`. Lower case, digits and dashes; the folder's name when left out. */
  readonly name?: string;
  /** The exported model, relative to the config. */
  readonly model: string | ModelOptions;
  readonly plugins?: readonly PluginOption[];
  readonly base?: Base;
  /** `['linux/amd64']` when left out. */
  readonly platforms?: readonly PlatformName[];
  /** More Python requirements: PEP 508 strings, or the path of a requirements file. */
  readonly requirements?: readonly string[] | string;
  /** Requirements that may be compiled from their sources, `name==version`; needs buildah. All others must have wheels. */
  readonly sdists?: readonly string[];
  /** A Python file with any of `load`, `preprocess`, `predict`, `postprocess`. */
  readonly handler?: string;
  /** Files to put beside the handler, relative to the config; globs are not expanded. */
  readonly include?: readonly string[];
  /** Commands to run while the image is built, as root, without network; each makes a layer. They need buildah. */
  readonly run?: readonly (string | RunStep)[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `registry/repository`, without tag, that specs refer to and `push` writes to. */
  readonly image?: string;
  /** How registries are reached, by exact `host[:port]`. */
  readonly registries?: RegistriesConfig;
  /** Ship `.pyc` files, made by the image's own interpreter. True when left out. */
  readonly bytecode?: boolean;
  /** Leave out the test folders of wheels, and columns in the bytecode of packages. True when left out. */
  readonly trim?: boolean;
  /** How layers are compressed; `gzip-members` when left out. */
  readonly compression?: 'gzip-members' | 'gzip' | 'zstd';
  readonly server?: {
    /** Port the server listens on unless PORT says otherwise; 8080 when left out. */
    readonly port?: number;
    readonly workers?: number;
  };
}

/** How the config function is called. */
export interface ConfigEnv {
  readonly command: string;
  /** `--mode`, `production` when left out. */
  readonly mode: string;
  readonly ci: boolean;
}

/** What a config file may export as default. */
export type UserConfigExport =
  UserConfig | Promise<UserConfig> | ((env: ConfigEnv) => Awaitable<UserConfig>);

/** Gives the config its type, and an editor its completion. */
export function defineConfig(config: UserConfig): UserConfig;
export function defineConfig(config: Promise<UserConfig>): Promise<UserConfig>;
export function defineConfig(
  config: (env: ConfigEnv) => Awaitable<UserConfig>,
): (env: ConfigEnv) => Awaitable<UserConfig>;
export function defineConfig(config: UserConfigExport): UserConfigExport {
  return config;
}
