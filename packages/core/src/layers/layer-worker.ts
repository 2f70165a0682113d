import { parentPort, workerData } from 'node:worker_threads';
import { nodePorts } from '@mlcontainer/node-ports';
import { createCompilers } from './compilers.ts';
import type { LayerJob } from './job.ts';
import { runJob } from './run-job.ts';
import type { WorkerOrder, WorkerReply, WorkerSettings } from './thread.ts';
import { takeApart } from './worker-errors.ts';

/** The thread that makes layers, one at a time. Their inputs are in the store already, so it never touches the network. */
const ports = nodePorts({ ...(workerData as WorkerSettings), offline: true });
const compilers = createCompilers(ports);
let current = new AbortController();

parentPort?.on('message', (order: WorkerOrder) => {
  if ('stop' in order) current.abort();
  else if ('end' in order) void compilers.close().then(() => parentPort?.close());
  else void reply(order.job).then((message) => parentPort?.postMessage(message));
});

async function reply(job: LayerJob): Promise<WorkerReply> {
  current = new AbortController();
  try {
    return { result: await runJob(job, { ports, signal: current.signal, compilers }) };
  } catch (error) {
    return { error: takeApart(error) };
  }
}
