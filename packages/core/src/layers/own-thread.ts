import type { Plan, Ports } from '@mlcontainer/plugin-kit';
import { createCompilers } from './compilers.ts';
import type { ImageLayer } from './image-layers.ts';
import { sum, type LayerJob } from './job.ts';
import { runJob } from './run-job.ts';
import type { LayerRunner } from './runner.ts';

/** Bytes that take less long to lay than they would wait for a thread. */
const SMALL = 1024 * 1024;

/** A layer of so few bytes, and without Python to compile, that it is made at once: a model, settings. */
export function isSmall(job: LayerJob): boolean {
  if ('files' in job)
    return job.interpreter === undefined && sum(job.files.map(({ size }) => size)) <= SMALL;
  return 'file' in job && job.size <= SMALL;
}

/** The same of a layer whose job is not known yet. */
export function isSmallLayer(layer: ImageLayer, { model }: Plan): boolean {
  if ('files' in layer)
    return layer.recipe.bytecode === null && sum(layer.files.map(({ size }) => size)) <= SMALL;
  return layer.recipe.kind === 'model' && model.facts.size <= SMALL;
}

/**
 * Makes layers in the thread that calls, beside whatever else that does: one at a time that takes a compiler, and small
 * ones beside it, while it waits for the disk.
 */
export function ownThread(ports: Ports): LayerRunner {
  const compilers = createCompilers(ports);
  return {
    run: async (job, { signal, onStart }) => {
      signal.throwIfAborted();
      onStart?.();
      return plainly(signal, (plain) => runJob(job, { ports, signal: plain, compilers }));
    },
    close: async () => {
      await Promise.all([compilers.close(), ports.store.settle?.()]);
    },
  };
}

/** A layer asks its signal for each of thousands of files; one that is made of others looks at all of them each time. */
async function plainly<T>(
  signal: AbortSignal,
  act: (plain: AbortSignal) => Promise<T>,
): Promise<T> {
  const plain = new AbortController();
  const stop = (): void => plain.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await act(plain.signal);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
