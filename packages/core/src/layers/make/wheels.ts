import type { Entry } from '@mlcontainer/oci';
import {
  compileBytecode,
  openWheel,
  planTrim,
  wheelLayerEntries,
  type InstallPaths,
} from '@mlcontainer/wheels';
import type { FetchedWheel } from '../../inputs/wheels.ts';
import type { LayerJob, LayerResult } from '../job.ts';
import type { WheelsRecipe } from '../recipe.ts';
import type { JobContext } from '../run-job.ts';
import { layerIntoStore } from '../write.ts';

type WheelsJob = Extract<LayerJob, { wheels: unknown }>;

/** One wheel, or several small ones, with the bytecode of their modules. */
export async function wheelsLayer(job: WheelsJob, cx: JobContext): Promise<LayerResult> {
  const trimmed = { files: 0, bytes: 0 };
  const { compression } = job.recipe;
  const entries = wheelEntries(job, trimmed, cx);
  const written = await layerIntoStore(entries, compression, cx.ports.store, cx.signal);
  return { ...written, trimmed };
}

interface Trimmed {
  files: number;
  bytes: number;
}

/** Folders that several wheels share are given once. */
async function* wheelEntries(
  job: WheelsJob,
  trimmed: Trimmed,
  cx: JobContext,
): AsyncGenerator<Entry> {
  const folders = new Set<string>();
  for (const fetched of job.wheels) {
    for await (const entry of entriesOf(fetched, job, trimmed, cx)) {
      if (entry.type === 'directory' && folders.has(entry.path)) continue;
      if (entry.type === 'directory') folders.add(entry.path);
      yield entry;
    }
  }
}

async function* entriesOf(
  { wheel, path }: FetchedWheel,
  job: WheelsJob,
  trimmed: Trimmed,
  cx: JobContext,
): AsyncGenerator<Entry> {
  const { recipe, interpreter } = job;
  await using open = await openWheel(path, wheel);
  const trim = recipe.trim ? planTrim(open) : false;
  if (trim !== false) {
    trimmed.files += trim.report.count;
    trimmed.bytes += trim.report.bytes;
  }
  const paths = installPaths(recipe);
  const source = { wheel: open, trim, ...paths };
  const bytecode =
    interpreter === undefined ? {} : { bytecode: compileBytecode(source, interpreter, {}, cx) };
  yield* wheelLayerEntries(open, { ...paths, executable: recipe.executable, trim, ...bytecode });
}

/** The plan's absolute paths as entry paths. */
function installPaths({ site, bin, executable }: WheelsRecipe): InstallPaths {
  const python = executable.slice(executable.lastIndexOf('/') + 1);
  return { site: site.slice(1), bin: bin.slice(1), include: `usr/local/include/${python}` };
}
