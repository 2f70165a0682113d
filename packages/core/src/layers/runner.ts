import type { LayerJob, LayerResult } from './job.ts';

export interface RunJobOptions {
  readonly signal: AbortSignal;
  /** Called when the work begins, which may be long after it was asked for. */
  readonly onStart?: () => void;
}

/** Makes layers; how many at a time is its own affair. */
export interface LayerRunner {
  run(job: LayerJob, options: RunJobOptions): Promise<LayerResult>;
  /** Says that layers are about to be asked for which are not small: what has to start may start now. */
  prepare?(): void;
  /**
   * Keeps the calling thread free of layers until what this gives is called, where other threads make them: it fetches
   * what they wait for.
   */
  hold?(): () => void;
  /** Ends the threads; the next job starts new ones. */
  close(): Promise<void>;
}
