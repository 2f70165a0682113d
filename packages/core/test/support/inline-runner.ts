import type { Ports } from '@mlcontainer/plugin-kit';
import { createCompilers } from '../../src/layers/compilers.ts';
import { runJob } from '../../src/layers/run-job.ts';
import type { LayerRunner } from '../../src/layers/runner.ts';

/** Makes layers in this thread, as many as are asked for, and leaves no interpreter behind. */
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
    close: async () => ports.store.settle?.(),
  };
}
