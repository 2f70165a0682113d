import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { nodePorts } from '@mlcontainer/node-ports';
import type { StorePort } from '@mlcontainer/plugin-kit';
import { costOf } from './job.ts';
import { isSmall, ownThread } from './own-thread.ts';
import type { LayerRunner } from './runner.ts';
import {
  endThread,
  startThread,
  workInThread,
  type Waiting,
  type WorkerSettings,
} from './thread.ts';

interface Crew {
  readonly settings: WorkerSettings;
  /** How many threads there may be besides this one. */
  readonly limit: number;
  readonly threads: Set<Worker>;
  readonly idle: Worker[];
  readonly own: LayerRunner;
  ownIsIdle: boolean;
  /** Who wants this thread for something else. */
  holds: number;
}

/**
 * Makes layers on all cores: in this thread, which otherwise waits for them, and in one more a further core, started
 * when first needed. A thread takes 0.1 s of CPU and 30 MB before it does anything, so that this one is not left out.
 * Small layers are made here at once. MLCONTAINER_JOBS sets how many are made at a time. `store` is this thread's, on
 * the same folder as the others'.
 */
export function threadedRunner(settings: WorkerSettings, store: StorePort): LayerRunner {
  const jobs = Number(settings.env['MLCONTAINER_JOBS']) || Math.min(availableParallelism(), 8);
  const crew: Crew = {
    ...{
      settings,
      limit: jobs - 1,
      threads: new Set<Worker>(),
      idle: [],
      ownIsIdle: true,
      holds: 0,
    },
    own: ownThread({ ...nodePorts({ ...settings, offline: true }), store }),
  };
  const queue: Waiting[] = [];
  const next = (): void => {
    const [waiting] = queue;
    const place = waiting === undefined ? undefined : placeIn(crew);
    if (waiting === undefined || place === undefined) return;
    queue.shift();
    void place(waiting).then(next);
    next();
  };
  return {
    run: (job, options) =>
      isSmall(job)
        ? crew.own.run(job, options)
        : new Promise((done, failed) => {
            queue.push({ job, ...options, done, failed });
            // The largest first, so that none is left on its own at the end.
            queue.sort((a, b) => costOf(b.job) - costOf(a.job));
            next();
          }),
    prepare: () => {
      if (crew.threads.size === 0 && crew.limit > 0) crew.idle.push(addThread(crew));
    },
    hold: () => {
      crew.holds += 1;
      return () => {
        crew.holds -= 1;
        next();
      };
    },
    close: () => close(crew),
  };
}

/** Who makes the next layer; undefined while all are busy. This thread comes last: it has other things to do. */
function placeIn(crew: Crew): ((waiting: Waiting) => Promise<void>) | undefined {
  const { threads, idle, limit } = crew;
  const worker = idle.pop() ?? (threads.size < limit ? addThread(crew) : undefined);
  if (worker !== undefined) return (waiting) => inThread(crew, worker, waiting);
  // Held for others, unless there are none: a slow network must not keep the only thread from what is here.
  if (!crew.ownIsIdle || (crew.holds > 0 && limit > 0)) return undefined;
  crew.ownIsIdle = false;
  return (waiting) => here(crew, waiting);
}

function addThread({ settings, threads, idle }: Crew): Worker {
  const worker = startThread(settings);
  threads.add(worker);
  // One that ends while it waits is missed by nobody; who has given it a job is told by it.
  worker.on('error', () => undefined);
  worker.once('exit', () => {
    threads.delete(worker);
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
  });
  return worker;
}

async function inThread({ threads, idle }: Crew, worker: Worker, waiting: Waiting): Promise<void> {
  if (await workInThread(worker, waiting)) idle.push(worker);
  else threads.delete(worker);
}

async function here(crew: Crew, { job, done, failed, ...options }: Waiting): Promise<void> {
  await crew.own.run(job, options).then(done, (error: unknown) => {
    failed(options.signal.aborted ? options.signal.reason : error);
  });
  crew.ownIsIdle = true;
}

async function close({ threads, idle, own }: Crew): Promise<void> {
  await Promise.all([own.close(), ...[...threads].map(endThread)]);
  threads.clear();
  idle.length = 0;
}
