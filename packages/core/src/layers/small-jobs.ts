import { nodePorts } from '@mlcontainer/node-ports';
import { sum, type LayerJob } from './job.ts';
import { inlineRunner, type LayerRunner } from './runner.ts';
import type { WorkerSettings } from './threads.ts';

/** Bytes that take less long to lay than a thread takes to start. */
const SMALL = 1024 * 1024;

/** A layer of so few bytes, and without Python to compile, that the main thread makes it: a model, settings. */
export function isSmall(job: LayerJob): boolean {
  if ('files' in job)
    return job.interpreter === undefined && sum(job.files.map(({ size }) => size)) <= SMALL;
  return 'file' in job && job.size <= SMALL;
}

/** Makes small layers in this thread, one at a time as in any other, from the same store and with no network. */
export function smallRunner(settings: WorkerSettings): Pick<LayerRunner, 'run'> {
  const runner = inlineRunner(nodePorts({ ...settings, offline: true }));
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (job, options) => {
      const made = last.then(() => {
        options.signal.throwIfAborted();
        return runner.run(job, options);
      });
      last = made.catch(() => undefined);
      return made;
    },
  };
}
