import type * as core from '@mlcontainer/core';
import type { Finding } from '@mlcontainer/plugin-kit';

export type {
  BuildReport,
  EngineContext,
  PlanChange,
  Project,
  RunningContainer,
  RunOptions,
} from '@mlcontainer/core';

/** What the command line needs of the core. It is loaded when a command runs, and a test brings its own. */
export type Engine = Pick<
  typeof core,
  | 'build'
  | 'createContext'
  | 'diffPlans'
  | 'explain'
  | 'inspectFile'
  | 'makeLock'
  | 'makePlan'
  | 'openProject'
  | 'planHosts'
  | 'readLock'
  | 'readPlan'
  | 'runImage'
> &
  LaterEngine;

/** What the core is about to give. */
interface LaterEngine {
  validateImage(cx: core.EngineContext, path: string): Promise<ImageInspection>;
  doctor(cx: core.EngineContext): Promise<{ readonly checks: readonly Check[] }>;
  configJsonSchema(): Record<string, unknown>;
  cacheInfo(cx: core.EngineContext): Promise<CacheInfo>;
  cachePrune(
    cx: core.EngineContext,
    options: { readonly olderThanDays: number },
  ): Promise<CachePruned>;
}

export interface ImageInspection {
  readonly findings: readonly Finding[];
  readonly images: readonly {
    readonly platform: string;
    readonly digest: string;
    readonly layers: readonly {
      readonly digest: string;
      readonly size: number;
      readonly title?: string;
    }[];
  }[];
}

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

export interface CacheInfo {
  readonly path: string;
  readonly kinds: readonly {
    readonly kind: string;
    readonly count: number;
    readonly size: number;
  }[];
}

export interface CachePruned {
  readonly count: number;
  readonly size: number;
}
