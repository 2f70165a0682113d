import { debianLayerEntries, type LibraryRecord } from '@mlcontainer/debian';
import { sourceFeed } from '@mlcontainer/wheels';
import { compilerOf } from '../compilers.ts';
import type { LayerJob, LayerResult } from '../job.ts';
import type { JobContext } from '../run-job.ts';
import { entriesIntoStore } from '../write.ts';

type DebianJob = Extract<LayerJob, { debs: unknown }>;

/** The packages of one group; with an interpreter, the bytecode of its standard library as well. */
export async function debianLayer(job: DebianJob, cx: JobContext): Promise<LayerResult> {
  const { recipe, debs } = job;
  const { group, suite, architecture } = recipe;
  const libraries: LibraryRecord[] = [];
  const compiler = group === 'runtime' ? compilerOf(job, cx.compilers) : undefined;
  const bytecode = compiler && sourceFeed(compiler, cx);
  const allowScripts = recipe.buildOnly ? debs.map(({ deb }) => deb.name) : [];
  const layer = { group, suite, architecture, debs, allowScripts, ...(bytecode && { bytecode }) };
  const onLibrary = (record: LibraryRecord): void => {
    libraries.push(record);
  };
  const entries = debianLayerEntries(layer, { signal: cx.signal, onLibrary });
  try {
    const written = await entriesIntoStore(entries, job, cx);
    return { ...written, libraries };
  } finally {
    await bytecode?.stop();
  }
}
