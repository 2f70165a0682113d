import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { withParents, type Entry } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import type { LayerJob, LayerResult } from '../job.ts';
import type { JobContext } from '../run-job.ts';
import { entriesIntoStore } from '../write.ts';

type ModelJob = Extract<LayerJob, { file: string }>;

/** The model alone: read once, and proved on the way to be the file that was inspected. */
export function modelLayer(job: ModelJob, cx: JobContext): Promise<LayerResult> {
  const { recipe, file, size } = job;
  const entry: Entry = {
    type: 'file',
    path: recipe.path.slice(1),
    mode: 0o644,
    content: { kind: 'stream', size, open: () => proved(file, recipe.inputs[0], cx.signal) },
  };
  return entriesIntoStore(withParents([entry]), job, cx);
}

async function* proved(file: string, expected: string, signal: AbortSignal): ByteStream {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
  const actual = hash.digest('hex');
  if (actual !== expected) throw mlcError('MLC2112', { path: file, expected, actual });
}
