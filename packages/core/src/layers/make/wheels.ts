import path from 'node:path/posix';
import type { Entry } from '@mlcontainer/oci';
import { isMlcError } from '@mlcontainer/plugin-kit';
import {
  openWheel,
  planTrim,
  verifyWheel,
  wheelLayerEntries,
  wheelSources,
  type InstallPaths,
} from '@mlcontainer/wheels';
import type { FetchedWheel } from '../../inputs/wheels.ts';
import { compilerOf } from '../compilers.ts';
import type { LayerJob, LayerResult } from '../job.ts';
import type { WheelsRecipe } from '../recipe.ts';
import type { JobContext } from '../run-job.ts';
import { entriesIntoStore } from '../write.ts';

type WheelsJob = Extract<LayerJob, { wheels: unknown }>;

/** One wheel, or several small ones, with the bytecode of their modules. */
export async function wheelsLayer(job: WheelsJob, cx: JobContext): Promise<LayerResult> {
  const trimmed = { files: 0, bytes: 0 };
  const entries = wheelEntries(job, trimmed, cx);
  const written = await entriesIntoStore(entries, job, cx).catch(async (error: unknown) => {
    if (isMlcError(error) && error.code === 'MLC6021') await blameWheel(job, cx);
    throw error;
  });
  return { ...written, trimmed };
}

/** The writer knows an entry whose bytes are not as promised; the reader knows which wheel lied and how. */
async function blameWheel(job: WheelsJob, cx: JobContext): Promise<void> {
  for (const { wheel, path } of job.wheels) {
    await using open = await openWheel(path, wheel);
    await verifyWheel(open, cx.signal);
  }
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
  const { recipe } = job;
  await using open = await openWheel(path, wheel);
  const trim = recipe.trim ? planTrim(open) : false;
  if (trim !== false) {
    trimmed.files += trim.report.count;
    trimmed.bytes += trim.report.bytes;
  }
  const paths = installPaths(recipe);
  const bytecode = compilerOf(job, cx.compilers)?.compile(
    wheelSources(open, { ...paths, trim }),
    cx,
  );
  const { executable } = recipe;
  yield* wheelLayerEntries(open, { ...paths, executable, trim, ...(bytecode && { bytecode }) });
}

/** The plan's absolute paths as entry paths. */
function installPaths({ site, bin, executable }: WheelsRecipe): InstallPaths {
  const python = executable.slice(executable.lastIndexOf('/') + 1);
  const prefix = path.dirname(bin.slice(1));
  return { site: site.slice(1), bin: bin.slice(1), include: `${prefix}/include/${python}` };
}
