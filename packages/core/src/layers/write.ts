import {
  writeLayerUnhashed,
  type Entry,
  type LintOptions,
  type WrittenLayer,
} from '@mlcontainer/oci';
import type { StorePort } from '@mlcontainer/plugin-kit';
import { byteChannel, ReaderGone } from './channel.ts';
import type { KnownLayer, LayerJob } from './job.ts';
import type { LayerCompression } from './recipe.ts';
import type { JobContext } from './run-job.ts';

/** How a layer is written besides its compression. */
export interface LayerWriting extends LintOptions {
  readonly known?: KnownLayer | undefined;
}

/**
 * Writes entries as one layer straight into the store, in one pass; a small one is there before the disk has it. Throws
 * MLC7003 where it is to be a known layer and is another.
 */
export async function layerIntoStore(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  compression: LayerCompression,
  store: StorePort,
  signal: AbortSignal,
  { known, ...lint }: LayerWriting = {},
): Promise<WrittenLayer> {
  const channel = byteChannel();
  const write = async (): Promise<Omit<WrittenLayer, 'digest'>> => {
    try {
      const options = { ...lint, compression, signal, knownDiffId: known?.diffId };
      const written = await writeLayerUnhashed(entries, channel.write, options);
      channel.end();
      return written;
    } catch (error) {
      channel.fail(error);
      throw error;
    }
  };
  const sha256 = known?.digest.slice('sha256:'.length);
  const expect = { early: true, ...(sha256 !== undefined && { sha256 }) };
  const storing = store.put(channel.stream, expect).catch((error: unknown) => {
    channel.close(error);
    throw error;
  });
  const [written, stored] = await firstFailure(write(), storing);
  return { ...written, digest: `sha256:${stored.sha256}` };
}

/** The same for the entries of a job, as its recipe says; a layer that the job knows is held to that. */
export function entriesIntoStore(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  { recipe, known }: LayerJob,
  { ports, signal }: Pick<JobContext, 'ports' | 'signal'>,
): Promise<WrittenLayer> {
  return layerIntoStore(entries, recipe.compression, ports.store, signal, { known });
}

/** Waits for both sides to end, and throws the failure that is no echo of the other. */
async function firstFailure<A, B>(writing: Promise<A>, storing: Promise<B>): Promise<[A, B]> {
  const [written, stored] = await Promise.allSettled([writing, storing]);
  if (written.status === 'rejected' && stored.status === 'rejected')
    throw isEcho(written.reason) ? stored.reason : written.reason;
  return Promise.all([writing, storing]);
}

function isEcho(error: unknown): boolean {
  return error instanceof ReaderGone || (error instanceof Error && isEcho(error.cause));
}
