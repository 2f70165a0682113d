import { isMlcError, type Ports } from '@mlcontainer/plugin-kit';
import type { Compilers } from './compilers.ts';
import { debianLayer } from './make/debian.ts';
import { filesLayer } from './make/files.ts';
import { ldCacheLayer } from './make/ld-cache.ts';
import { libraryBytecodeLayer } from './make/library-bytecode.ts';
import { modelLayer } from './make/model.ts';
import { wheelsLayer } from './make/wheels.ts';
import type { LayerJob, LayerResult } from './job.ts';

/** The effects a job may use: store and processes; everything it needs is fetched already. */
export interface JobContext {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly compilers: Compilers;
}

/**
 * Makes the layer of one job and puts it into the store. A known layer is proved by its digest. One that comes out
 * otherwise is made again with every proof on the way: of a wheel that lies, or of what it really is.
 */
export async function runJob(job: LayerJob, cx: JobContext): Promise<LayerResult> {
  try {
    return await makeLayer(job, cx);
  } catch (error) {
    if (job.known === undefined || !isMlcError(error) || error.code !== 'MLC7003') throw error;
    return makeLayer({ ...job, known: undefined }, cx);
  }
}

function makeLayer(job: LayerJob, cx: JobContext): Promise<LayerResult> {
  if ('standardLibrary' in job) return libraryBytecodeLayer(job, cx);
  if ('debs' in job) return debianLayer(job, cx);
  if ('libraries' in job) return ldCacheLayer(job, cx);
  if ('wheels' in job) return wheelsLayer(job, cx);
  if ('files' in job) return filesLayer(job, cx);
  return modelLayer(job, cx);
}
