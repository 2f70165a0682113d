import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { Env } from '../context.ts';
import { costOf, type LayerJob, type LayerResult } from './job.ts';
import type { LayerRunner, RunJobOptions } from './runner.ts';
import { isSmall, smallRunner } from './small-jobs.ts';
import { putTogether, type ErrorParts } from './worker-errors.ts';

/** What a worker needs to make its own ports. */
export interface WorkerSettings {
  readonly env: Env;
  readonly cacheDir?: string;
}

/** To a worker: a job to do, to stop the one it does, or to end. */
export type WorkerOrder =
  { readonly job: LayerJob } | { readonly stop: true } | { readonly end: true };

/** From a worker, once for each job. */
export type WorkerReply = { readonly result: LayerResult } | { readonly error: ErrorParts };

interface Waiting extends RunJobOptions {
  readonly job: LayerJob;
  readonly done: (result: LayerResult) => void;
  readonly failed: (error: unknown) => void;
}

/** A worker that was told to stop may clean up for so long. Milliseconds. */
const STOP_GRACE = 3_000;

/**
 * Makes layers in worker threads, one per core, started when first needed, and small ones in this thread: starting one
 * takes 0.1 s of CPU. MLCONTAINER_JOBS sets the number of threads.
 */
export function threadedRunner(settings: WorkerSettings): LayerRunner {
  const limit = Number(settings.env['MLCONTAINER_JOBS']) || Math.min(availableParallelism(), 8);
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const queue: Waiting[] = [];
  const small = smallRunner(settings);
  const next = (): void => {
    const waiting = queue[0];
    if (waiting === undefined) return;
    const worker = idle.pop() ?? (all.size < limit ? start(settings, all) : undefined);
    if (worker === undefined) return;
    queue.shift();
    void work(worker, waiting).then((healthy) => {
      if (healthy) idle.push(worker);
      else all.delete(worker);
      next();
    });
  };
  return {
    run: (job, options) =>
      isSmall(job)
        ? small.run(job, options)
        : new Promise((done, failed) => {
            queue.push({ job, ...options, done, failed });
            // The largest first, so that none is left on its own at the end.
            queue.sort((a, b) => costOf(b.job) - costOf(a.job));
            next();
          }),
    close: async () => {
      await Promise.all([...all].map(end));
      all.clear();
      idle.length = 0;
    },
  };
}

/** Lets a worker end what it started; one that does not is ended. */
async function end(worker: Worker): Promise<void> {
  worker.postMessage({ end: true } satisfies WorkerOrder);
  const grace = setTimeout(() => void worker.terminate(), STOP_GRACE);
  await once(worker, 'exit').finally(() => clearTimeout(grace));
}

function start(settings: WorkerSettings, all: Set<Worker>): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./layer-worker.${extension}`, import.meta.url), {
    workerData: settings,
    // A small young generation: layers are streams of short-lived chunks, and every thread pays for its own.
    resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 },
  });
  all.add(worker);
  return worker;
}

/** Gives one job to one worker; false when the worker is lost. An abort lets it clean up, and ends it when it does not. */
function work(worker: Worker, waiting: Waiting): Promise<boolean> {
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
