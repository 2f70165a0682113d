import { parentPort, workerData } from 'node:worker_threads';
import { nodePorts } from '@mlcontainer/node-ports';
import { isMlcError } from '@mlcontainer/plugin-kit';
import type { LayerJob } from './job.ts';
import { runJob } from './run-job.ts';
import type { WorkerReply, WorkerSettings } from './threads.ts';

/** The thread that makes layers. Its inputs are in the store already, so it never touches the network. */
const ports = nodePorts({ ...(workerData as WorkerSettings), offline: true });
// An abort ends the whole thread, so the jobs in it need no signal of their own.
const { signal } = new AbortController();

parentPort?.on('message', (job: LayerJob) => {
  void reply(job).then((message) => parentPort?.postMessage(message));
});

async function reply(job: LayerJob): Promise<WorkerReply> {
  try {
    return { result: await runJob(job, { ports, signal }) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const known = isMlcError(error) ? { code: error.code, data: error.data } : {};
    return { error: { message, ...(stack === undefined ? {} : { stack }), ...known } };
  }
}
