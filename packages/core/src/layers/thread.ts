import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { Env } from '../context.ts';
import type { LayerJob, LayerResult } from './job.ts';
import type { RunJobOptions } from './runner.ts';
import { putTogether, type ErrorParts } from './worker-errors.ts';

/** What a thread needs to make its own ports. */
export interface WorkerSettings {
  readonly env: Env;
  readonly cacheDir?: string;
}

/** To a thread: a job to do, to stop the one it does, or to end. */
export type WorkerOrder =
  { readonly job: LayerJob } | { readonly stop: true } | { readonly end: true };

/** From a thread, once for each job. */
export type WorkerReply = { readonly result: LayerResult } | { readonly error: ErrorParts };

/** A job with those who wait for it. */
export interface Waiting extends RunJobOptions {
  readonly job: LayerJob;
  readonly done: (result: LayerResult) => void;
  readonly failed: (error: unknown) => void;
}

/** A thread that was told to stop may clean up for so long. Milliseconds. */
const STOP_GRACE = 3_000;

export function startThread(settings: WorkerSettings): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./layer-worker.${extension}`, import.meta.url), {
    workerData: settings,
    // A small young generation: layers are streams of short-lived chunks, and every thread pays for its own.
    resourceLimits: { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 512 },
  });
}

/** Lets a thread end what it started; one that does not is ended. */
export async function endThread(worker: Worker): Promise<void> {
  worker.postMessage({ end: true } satisfies WorkerOrder);
  const grace = setTimeout(() => void worker.terminate(), STOP_GRACE);
  await once(worker, 'exit').finally(() => clearTimeout(grace));
}

/** Gives one job to one thread; false when the thread is lost. An abort lets it clean up, and ends it when it does not. */
export function workInThread(worker: Worker, waiting: Waiting): Promise<boolean> {
  const { job, signal, onStart, done, failed } = waiting;
  return new Promise((finish) => {
    let grace: NodeJS.Timeout | undefined;
    const settle = (healthy: boolean, report: () => void): void => {
      clearTimeout(grace);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      report();
      finish(healthy);
    };
    const lost = (detail: string): void => {
      const error = mlcError('MLC2303', { layer: job.recipe.kind, detail });
      settle(false, () => failed(signal.aborted ? signal.reason : error));
    };
    const onMessage = (reply: WorkerReply): void => {
      if ('result' in reply) settle(true, () => done(reply.result));
      else settle(true, () => failed(signal.aborted ? signal.reason : putTogether(reply.error)));
    };
    const onError = (error: Error): void => lost(error.message);
    const onExit = (code: number): void => lost(`exit code ${code}`);
    const onAbort = (): void => {
      worker.postMessage({ stop: true } satisfies WorkerOrder);
      grace = setTimeout(() => void worker.terminate(), STOP_GRACE);
    };
    if (signal.aborted) {
      failed(signal.reason);
      finish(true);
      return;
    }
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    onStart?.();
    worker.postMessage({ job } satisfies WorkerOrder);
  });
}
