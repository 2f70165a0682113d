import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  MlcError,
  catalogue,
  mlcError,
  type ErrorCode,
  type ErrorData,
} from '@mlcontainer/plugin-kit';
import type { Env } from '../context.ts';
import type { LayerJob, LayerResult } from './job.ts';
import type { LayerRunner } from './runner.ts';

/** What a worker needs to make its own ports. */
export interface WorkerSettings {
  readonly env: Env;
  readonly cacheDir?: string;
}

/** From a worker: the layer, or an error taken apart, since a class does not cross threads. */
export type WorkerReply =
  | { readonly result: LayerResult }
  | {
      readonly error: {
        readonly message: string;
        readonly stack?: string;
        readonly code?: string;
        readonly data?: ErrorData;
      };
    };

interface Waiting {
  readonly job: LayerJob;
  readonly signal: AbortSignal;
  readonly done: (result: LayerResult) => void;
  readonly failed: (error: unknown) => void;
}

/** Makes layers in worker threads, one per core, started when first needed. MLCONTAINER_JOBS sets their number. */
export function threadedRunner(settings: WorkerSettings): LayerRunner {
  const limit = Number(settings.env['MLCONTAINER_JOBS']) || Math.min(availableParallelism(), 8);
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const queue: Waiting[] = [];
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
    run: (job, signal) =>
      new Promise((done, failed) => {
        queue.push({ job, signal, done, failed });
        next();
      }),
    close: async () => {
      await Promise.all([...all].map((worker) => worker.terminate()));
      all.clear();
    },
  };
}

function start(settings: WorkerSettings, all: Set<Worker>): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./layer-worker.${extension}`, import.meta.url), {
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  all.add(worker);
  return worker;
}

/** Gives one job to one worker; false when the worker is lost. An abort ends the worker, which is the one sure way to stop it. */
function work(worker: Worker, waiting: Waiting): Promise<boolean> {
  const { job, signal, done, failed } = waiting;
  return new Promise((finish) => {
    const settle = (healthy: boolean, report: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      report();
      finish(healthy);
    };
    const lost = (detail: string): void => {
      settle(false, () => failed(mlcError('MLC2303', { layer: job.recipe.kind, detail })));
    };
    const onMessage = (reply: WorkerReply): void => {
      settle(true, () => ('result' in reply ? done(reply.result) : failed(revive(reply.error))));
    };
    const onError = (error: Error): void => lost(error.message);
    const onExit = (code: number): void => lost(`exit code ${code}`);
    const onAbort = (): void => {
      void worker.terminate();
      settle(false, () => failed(signal.reason));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    worker.postMessage(job);
  });
}

function revive(error: Extract<WorkerReply, { error: unknown }>['error']): Error {
  if (error.code !== undefined && error.code in catalogue) {
    const entry = catalogue[error.code as ErrorCode];
    return new MlcError(error.code, entry as never, error.data ?? {}, { cause: error.stack });
  }
  return Object.assign(new Error(error.message), { stack: error.stack });
}
