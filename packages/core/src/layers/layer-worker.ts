import { parentPort, workerData } from 'node:worker_threads';
import { nodePorts } from '@mlcontainer/node-ports';
import type { LayerJob } from './job.ts';
import { runJob } from './run-job.ts';
import type { WorkerOrder, WorkerReply, WorkerSettings } from './threads.ts';
import { takeApart } from './worker-errors.ts';

/** The thread that makes layers, one at a time. Their inputs are in the store already, so it never touches the network. */
const ports = nodePorts({ ...(workerData as WorkerSettings), offline: true });
let current = new AbortController();

parentPort?.on('message', (order: WorkerOrder) => {
  if ('stop' in order) current.abort();
  else void reply(order.job).then((message) => parentPort?.postMessage(message));
});

async function reply(job: LayerJob): Promise<WorkerReply> {
  current = new AbortController();
  try {
    // One interpreter a thread: the other threads have their own, and each is 25 MB.
    return { result: await runJob(job, { ports, signal: current.signal, jobs: 1 }) };
  } catch (error) {
    return { error: takeApart(error) };
  }
}
