import { createClock, createHttp } from '@mlcontainer/node-ports';

import { createRegistryClient } from '../../src/client.ts';
import { copy } from '../../src/copy/copy.ts';
import { anonymousCredentials } from '../../src/defaults.ts';
import { pushGraph } from '../../src/graph/push-graph.ts';
import { openLayoutTarget } from '../../src/layout/target.ts';
import { graphOf } from './contents.ts';
import type { Job } from './client-processes.ts';

/** A client as a process of its own: `node client-process.ts <job as JSON>`; writes what it sent. */
const job = JSON.parse(process.argv[2] ?? '{}') as Job;
const clock = createClock();
const http = createHttp({ env: {}, clock, retry: { baseMs: 20, maxMs: 100 } });
const client = createRegistryClient({
  ports: { http, clock },
  credentials: anonymousCredentials,
  settings: () => Promise.resolve({ plainHttp: true }),
  ...(job.chunkBytes === undefined ? {} : { chunkBytes: job.chunkBytes }),
});
const repository = client.repository({ registry: job.registry, repository: job.repository });
const { signal } = new AbortController();
const graph = graphOf(...job.sizes);
if (job.layout === undefined) {
  const { sent } = await pushGraph(repository, { ...graph, tags: [job.tag ?? 'v1'] }, { signal });
  process.stdout.write(String(sent));
} else {
  await copy(repository, openLayoutTarget(job.layout), 'v1', { signal, tag: 'v1' });
}
await http.close();
