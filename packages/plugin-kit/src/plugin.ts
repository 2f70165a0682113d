import type { Awaitable } from './awaitable.ts';
import type { ModelFacts } from './facts.ts';
import type { Platform } from './platform.ts';
import type { StandardSchemaV1 } from './standard-schema.ts';

/** The version of the plugin contract. It changes only when an existing plugin would break. */
export const PLUGIN_API = 1 as const;

/** What a plugin is for. */
export type PluginKind = 'framework' | 'accelerator' | 'target';

/** How well a target copes with a feature; `unsupported` fails the plan when the plan uses it. */
export type SupportLevel = 'stable' | 'limited' | 'experimental' | 'unsupported';

/** A support level, with words for the user where the level alone says too little. */
export type Support = SupportLevel | { readonly support: SupportLevel; readonly message: string };

/** The features that every target must take a position on. */
export type TargetFeature =
  | 'arm64'
  | 'gpu'
  | 'grpc'
  | 'zstdLayers'
  | 'multiArchIndex'
  | 'readOnlyRoot'
  | 'secrets'
  | 'trafficSplit'
  | 'scaleToZero';

/** What every plugin says of itself. */
export interface PluginMeta {
  /** Kebab-case and unique in a config: `framework-sklearn`. */
  readonly name: string;
  /** The contract it was written for. */
  readonly api: typeof PLUGIN_API;
  readonly version: string;
  /** Where its manual is. */
  readonly docs: string;
  /** The semver range of cores it was tested with. */
  readonly compatibility?: { readonly core?: string };
}

/** Read-only access to the project folder; what is read is recorded, so that it becomes part of the plan. */
export interface FileView {
  exists(path: string): Promise<boolean>;
  /** UTF-8 text of a file below the folder of the config. */
  text(path: string): Promise<string>;
}

/** Given to every hook. */
export interface ReadContext {
  readonly files: FileView;
  readonly signal: AbortSignal;
  /** Say something to the user without failing; shown by every host, with the plugin's name. */
  readonly warn: (message: string) => void;
  readonly meta: { readonly core: string; readonly api: typeof PLUGIN_API };
}

/** Given to `detect`. */
export interface DetectContext extends ReadContext {
  readonly facts: ModelFacts;
}

/** A framework's claim on a model, with what it rests on. */
export interface Detection {
  /** 0 to 1; the highest claim wins, and a tie is an error that names both. */
  readonly confidence: number;
  readonly evidence: readonly string[];
}

/** Given to the hooks that decide. */
export interface PlanContext<Options> extends ReadContext {
  readonly options: Options;
  readonly facts: ModelFacts;
  readonly platforms: readonly Platform[];
  /** `3.11` */
  readonly pythonVersion: string;
  /** What the user asked for in the config's `requirements`, PEP 508. */
  readonly requirements: readonly string[];
}

/** Where a layer stands; the order is the core's, the fastest-changing last. */
export const SLOTS = ['system', 'accelerator', 'runtime', 'dependencies', 'app', 'model'] as const;
/** The place of a layer in an image. */
export type Slot = (typeof SLOTS)[number];

/** One file a plugin puts into the image. */
export interface PluginFile {
  /** Path in the image, absolute; `{site}` at the start stands for the site-packages folder. */
  readonly path: string;
  /** Permission bits, `0o644` when left out. */
  readonly mode?: number;
  /** The text itself, or a `file:` URL inside the plugin's package that the core reads. */
  readonly content: { readonly text: string } | { readonly url: string };
}

/** What a layer is made of. */
export type LayerSource =
  | { readonly kind: 'debian'; readonly packages: readonly string[] }
  | { readonly kind: 'python'; readonly requirements: readonly string[] }
  | { readonly kind: 'files'; readonly files: readonly PluginFile[] }
  | {
      readonly kind: 'run';
      readonly commands: readonly (readonly string[])[];
      readonly network: 'none' | 'declared';
    };

/** A wish for a layer; the core stamps the owner, resolves it and splits it where it can be shared. */
export interface LayerSpec {
  readonly id: string;
  readonly slot: Slot;
  readonly source: LayerSource;
  /** One sentence that `explain` prints. */
  readonly reason: string;
}

/** The Python module that loads the model and predicts; see `docs/guide/adapters.md`. */
export interface AdapterSpec {
  /** Import path of a module with `load(path, settings)`, returning an object with `predict`. */
  readonly module: string;
  /** JSON handed to `load`. */
  readonly settings?: JsonObject;
}

/** A value that JSON can say. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
/** An object that JSON can say. */
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** What a framework or accelerator adds to the image. */
export interface Contribution {
  readonly layers: readonly LayerSpec[];
  /** Exactly one plugin of a plan brings it, the framework that claimed the model. */
  readonly adapter?: AdapterSpec;
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Capabilities this needs of others, and those it offers: `cuda@12.6`. */
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
}

/** Contributes layers for a model format, and claims models. */
export interface FrameworkPlugin<Options = unknown> extends PluginMeta {
  readonly kind: 'framework' | 'accelerator';
  readonly options?: Options;
  readonly optionsSchema?: StandardSchemaV1<unknown, Options>;
  /** Pickle globals of this framework that inspection may meet: exact `module.name`, see `docs/guide/inspection.md`. */
  readonly globals?: readonly string[];
  detect?(cx: DetectContext): Awaitable<Detection | null>;
  contribute(cx: PlanContext<Options>): Awaitable<Contribution>;
}

/** What a target may read of the plan. */
export interface TargetView {
  readonly name: string;
  /** Stands for `repository@sha256:…` in every emitted text; the core replaces it when the image is known. */
  readonly image: string;
  readonly platforms: readonly Platform[];
  readonly port: number;
  readonly routes: { readonly live: string; readonly ready: string; readonly predict: string };
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Features of the contract's list that this plan uses. */
  readonly uses: readonly TargetFeature[];
  readonly facts: ModelFacts;
}

/** A change a target asks of the plan before it is frozen; the reason is shown by `explain`. */
export type PlanEdit =
  | {
      readonly edit: 'setEnv';
      readonly name: string;
      readonly value: string;
      readonly reason: string;
    }
  | {
      readonly edit: 'setLabel';
      readonly name: string;
      readonly value: string;
      readonly reason: string;
    }
  | {
      readonly edit: 'refuse';
      readonly what: string;
      readonly remedy: string;
      readonly reason: string;
    };

/** A deployment file, relative to `targets/<target>/`. */
export interface EmittedFile {
  readonly path: string;
  readonly text: string;
}

/** Given to a target's hooks. */
export interface TargetContext<Options> extends ReadContext {
  readonly options: Options;
  readonly plan: TargetView;
}

/** Given to `deploy`, the one hook with effects. */
export interface DeployContext<Options> extends ReadContext {
  readonly options: Options;
  /** `repository@sha256:…` */
  readonly image: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a deployment came to. */
export interface DeployResult {
  readonly url?: string;
  readonly revision?: string;
  readonly details?: JsonObject;
}

/** Emits deployment specs for one platform. */
export interface TargetPlugin<Options = unknown> extends PluginMeta {
  readonly kind: 'target';
  readonly options?: Options;
  readonly optionsSchema?: StandardSchemaV1<unknown, Options>;
  readonly supports: Readonly<Record<TargetFeature, Support>>;
  constrain?(cx: TargetContext<Options>): Awaitable<readonly PlanEdit[]>;
  /** Pure: the same context gives the same files. */
  emit(cx: TargetContext<Options>): Awaitable<readonly EmittedFile[]>;
  deploy?(files: readonly EmittedFile[], cx: DeployContext<Options>): Promise<DeployResult>;
}

/** Any plugin whose options are already bound. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of plugins holds plugins of many option types
export type Plugin = FrameworkPlugin<any> | TargetPlugin<any>;
