import { ldCacheEntries } from '@mlcontainer/debian';
import { withParents } from '@mlcontainer/oci';
import type { LayerJob, LayerResult } from '../job.ts';
import type { JobContext } from '../run-job.ts';
import { entriesIntoStore } from '../write.ts';

type LdCacheJob = Extract<LayerJob, { libraries: unknown }>;

/** `etc/ld.so.cache`, over the libraries of all Debian layers. */
export function ldCacheLayer(job: LdCacheJob, cx: JobContext): Promise<LayerResult> {
  const { recipe, libraries } = job;
  const entries = withParents(ldCacheEntries({ architecture: recipe.architecture, libraries }));
  return entriesIntoStore(entries, job, cx);
}
