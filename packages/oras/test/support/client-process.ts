import { setTimeout as sleep } from 'node:timers/promises';

import { createClock, createHttp } from '@mlcontainer/node-ports';

import { createRegistryClient } from '../../src/client.ts';
import type { Content } from '../../src/content.ts';
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
const whole = graphOf(...job.sizes);
const graph = job.slowly === true ? { ...whole, blobs: slowed(whole.blobs) } : whole;
if (job.layout === undefined) {
  const { sent } = await pushGraph(repository, { ...graph, tags: [job.tag ?? 'v1'] }, { signal });
  process.stdout.write(String(sent));
} else {
  await copy(repository, openLayoutTarget(job.layout), 'v1', { signal, tag: 'v1' });
}
await http.close();

function slowed(blobs: readonly Content[]): readonly Content[] {
  const largest = Math.max(...blobs.map(({ descriptor }) => descriptor.size));
  return blobs.map((blob) =>
    blob.descriptor.size === largest ? { ...blob, open: () => inPieces(blob) } : blob,
  );
}

async function* inPieces({ open, descriptor }: Content): AsyncGenerator<Uint8Array> {
  const piece = Math.ceil(descriptor.size / 50);
  for await (const chunk of open()) {
    for (let at = 0; at < chunk.length; at += piece) {
      await sleep(20);
      yield chunk.subarray(at, at + piece);
    }
  }
}
