/** The stages of a build, in their order. */
export const STAGES = [
  'config',
  'plugins',
  'facts',
  'plan',
  'lock',
  'inputs',
  'layers',
  'image',
  'outputs',
  'specs',
  'deploy',
] as const;
/** One stage of a build. */
export type Stage = (typeof STAGES)[number];

/** What the engine tells its host; a host renders, it never decides. Times in milliseconds, sizes in bytes. */
export type EngineEvent =
  | { readonly code: 'stage-start'; readonly stage: Stage }
  | {
      readonly code: 'stage-done';
      readonly stage: Stage;
      readonly ms: number;
      readonly summary?: string;
    }
  | { readonly code: 'input-start'; readonly name: string; readonly size?: number }
  | {
      readonly code: 'input-progress';
      readonly name: string;
      readonly received: number;
      readonly size?: number;
    }
  | {
      readonly code: 'input-done';
      readonly name: string;
      readonly size: number;
      readonly reused: boolean;
    }
  | {
      readonly code: 'layer-start';
      readonly id: string;
      readonly slot: string;
      readonly title: string;
    }
  | {
      readonly code: 'layer-done';
      readonly id: string;
      readonly slot: string;
      readonly title: string;
      readonly digest: string;
      readonly size: number;
      readonly ms: number;
      readonly reused: boolean;
    }
  | {
      readonly code: 'blob-progress';
      /** The layer's title, `configuration` or `manifest`. */
      readonly name: string;
      readonly digest: string;
      readonly sent: number;
      readonly size: number;
    }
  | {
      readonly code: 'blob-done';
      readonly name: string;
      readonly digest: string;
      readonly size: number;
      readonly how: 'present' | 'mounted' | 'uploaded';
    }
  | {
      readonly code: 'output';
      readonly kind: 'layout' | 'archive' | 'registry' | 'spec' | 'report' | 'lock';
      readonly path: string;
      readonly digest?: string;
    }
  | { readonly code: 'warning'; readonly message: string; readonly plugin?: string }
  | { readonly code: 'note'; readonly message: string }
  /** For who looks into a problem: which credential, which mirror, and why. No secret in it. */
  | { readonly code: 'detail'; readonly message: string }
  | {
      readonly code: 'waiting';
      readonly plugin: string;
      readonly hook: string;
      readonly ms: number;
    }
  | { readonly code: 'container-log'; readonly stream: 'stdout' | 'stderr'; readonly line: string };

/** Receives the engine's events: a terminal, a log, a test. */
export interface Host {
  notify(event: EngineEvent): void;
}

/** A statement of inspection or a check; `error` stops a build. */
export interface Finding {
  /** A code of the error catalogue. */
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** Where: a path inside the file, a byte offset, a plugin. */
  readonly where?: string;
  readonly fix?: string;
}
