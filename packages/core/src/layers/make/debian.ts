import { debianLayerEntries, type LibraryRecord } from '@mlcontainer/debian';
import { sourceFeed } from '@mlcontainer/wheels';
import type { LayerJob, LayerResult } from '../job.ts';
import type { JobContext } from '../run-job.ts';
import { layerIntoStore } from '../write.ts';

type DebianJob = Extract<LayerJob, { debs: unknown }>;

/** The packages of one group; with an interpreter, the bytecode of its standard library as well. */
export async function debianLayer(job: DebianJob, cx: JobContext): Promise<LayerResult> {
  const { recipe, debs, interpreter } = job;
  const { group, suite, architecture } = recipe;
  const libraries: LibraryRecord[] = [];
  const bytecode =
    interpreter === undefined || recipe.bytecode === null || group !== 'runtime'
      ? undefined
      : sourceFeed(cx.compilers.of(interpreter, recipe.bytecode), cx);
  const allowScripts = recipe.buildOnly ? debs.map(({ deb }) => deb.name) : [];
  const layer = { group, suite, architecture, debs, allowScripts, ...(bytecode && { bytecode }) };
  const onLibrary = (record: LibraryRecord): void => {
    libraries.push(record);
  };
  const entries = debianLayerEntries(layer, { signal: cx.signal, onLibrary });
  try {
    const written = await layerIntoStore(entries, recipe.compression, cx.ports.store, cx.signal, {
      known: job.known,
    });
    return { ...written, libraries };
  } finally {
    await bytecode?.stop();
  }
}
