import type { Ports } from '@mlcontainer/plugin-kit';
import { createCompilers } from './compilers.ts';
import type { LayerJob, LayerResult } from './job.ts';
import { runJob } from './run-job.ts';

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

/** Makes layers in this thread, one after the other's steps; for tests and small machines. */
export function inlineRunner(ports: Ports): LayerRunner {
  return {
    run: async (job, { signal, onStart }) => {
      onStart?.();
      const compilers = createCompilers(ports);
      try {
        return await runJob(job, { ports, signal, compilers });
      } finally {
        await compilers.close();
      }
    },
    close: () => Promise.resolve(),
  };
}
