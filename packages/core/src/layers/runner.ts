import type { Ports } from '@mlcontainer/plugin-kit';
import type { LayerJob, LayerResult } from './job.ts';
import { runJob } from './run-job.ts';

/** Makes layers; how many at a time is its own affair. */
export interface LayerRunner {
  run(job: LayerJob, signal: AbortSignal): Promise<LayerResult>;
  close(): Promise<void>;
}

/** Makes layers in this thread, one after the other's steps; for tests and small machines. */
export function inlineRunner(ports: Ports): LayerRunner {
  return {
    run: (job, signal) => runJob(job, { ports, signal }),
    close: () => Promise.resolve(),
  };
}
