import type { PlannedBase } from './base.ts';
import type { Finding } from './events.ts';
import type { ModelFacts } from './facts.ts';
import type { Platform } from './platform.ts';
import type { AdapterSpec, Slot, TargetFeature } from './plugin.ts';
import type { RegistriesConfig } from './registries.ts';

/** The version of the plan's JSON. */
export const PLAN_VERSION = 1 as const;

/** A file that goes into the image, frozen by hash. Text of plugins is carried along, so that a plan builds without their code. */
export interface PlannedFile {
  /** Absolute path in the image. */
  readonly path: string;
  readonly mode: number;
  readonly sha256: string;
  readonly size: number;
  /** `project`: `from` is relative to the plan's folder; `inline`: the content is here; `server`: `from` is a file of the inference server that ships with the core. */
  readonly source:
    | { readonly kind: 'project'; readonly from: string }
    | { readonly kind: 'inline'; readonly text: string }
    | { readonly kind: 'server'; readonly from: string };
}

/** What a planned layer is made of; like `LayerSource`, with files frozen by hash. */
export type PlannedSource =
  | { readonly kind: 'debian'; readonly packages: readonly string[] }
  | { readonly kind: 'python'; readonly requirements: readonly string[] }
  | { readonly kind: 'files'; readonly files: readonly PlannedFile[] }
  /** Debian packages whose maintainer scripts run; with `all`, those that they depend on, too. */
  | { readonly kind: 'scripts'; readonly packages: readonly string[]; readonly all: boolean }
  | {
      readonly kind: 'run';
      readonly commands: readonly (readonly string[])[];
      readonly network: 'none' | 'declared';
    };

/** One wish for a layer, after the decision: who wants it, where, of what, why. */
export interface PlannedLayer {
  readonly id: string;
  /** `core`, `user`, or the name of the plugin. */
  readonly owner: string;
  readonly slot: Slot;
  readonly source: PlannedSource;
  readonly reason: string;
}

/** The deployment files of one target, with a token where the image’s reference belongs. */
export interface PlannedTarget {
  readonly name: string;
  /** Emitted texts; the token `plan.imageToken` stands for the image reference. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Everything decided. JSON: no timestamps, no host paths, no secrets, no host names. */
export interface Plan {
  readonly schemaVersion: typeof PLAN_VERSION;
  readonly name: string;
  readonly core: string;
  readonly plugins: readonly {
    readonly name: string;
    readonly version: string;
    readonly kind: string;
  }[];
  readonly model: {
    readonly from: string;
    readonly path: string;
    readonly facts: ModelFacts;
    readonly allow: readonly { readonly global: string; readonly reason: string }[];
    /** Whether it is pushed as an artifact of its own, beside its layer or instead of it. */
    readonly artifact?: 'beside' | 'instead';
    /** Of the model's own layer. */
    readonly compression: 'none' | 'gzip-members' | 'gzip' | 'zstd';
  };
  readonly base: PlannedBase;
  readonly platforms: readonly Platform[];
  readonly python: {
    /** `3.11` */
    readonly version: string;
    /** Absolute paths in the image. */
    readonly executable: string;
    readonly site: string;
    readonly bin: string;
  };
  readonly options: {
    readonly bytecode: boolean;
    readonly trim: boolean;
    readonly compression: 'gzip-members' | 'gzip' | 'zstd';
    readonly maxLayers: number;
  };
  /** Requirements that are compiled from their sources, `name==version`, sorted. */
  readonly sdists?: readonly string[];
  readonly layers: readonly PlannedLayer[];
  readonly adapter: AdapterSpec & { readonly owner: string };
  readonly config: {
    readonly user: string;
    readonly workingDir: string;
    readonly entrypoint: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    readonly port: number;
  };
  readonly image?: string;
  /** As the config says; paths are relative to the plan's folder. */
  readonly registries?: RegistriesConfig;
  readonly imageToken: string;
  readonly uses: readonly TargetFeature[];
  readonly targets: readonly PlannedTarget[];
  readonly findings: readonly Finding[];
  /** Who decided what, for `explain`: JSON path in the plan → owner and reason. */
  readonly decisions: readonly Decision[];
}

/** Who decided what and why; what `explain` prints. */
export interface Decision {
  /** `python.version`, `layers.framework-sklearn/python`. */
  readonly subject: string;
  readonly value: string;
  readonly owner: string;
  readonly reason: string;
}
