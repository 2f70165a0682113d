import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { debianLayerEntries, type LibraryRecord } from '@mlcontainer/debian';
import { compileBytecode } from '@mlcontainer/wheels';
import type { Interpreter } from '../../inputs/interpreter.ts';
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
    interpreter === undefined || group !== 'runtime'
      ? {}
      : { bytecode: standardLibrary(interpreter, cx) };
  const layer = { group, suite, architecture, debs, ...bytecode };
  const onLibrary = (record: LibraryRecord): void => {
    libraries.push(record);
  };
  const entries = debianLayerEntries(layer, { signal: cx.signal, onLibrary });
  const written = await layerIntoStore(entries, recipe.compression, cx.ports.store, cx.signal);
  return { ...written, libraries };
}

/** Compiles the modules of the unpacked interpreter itself: they are the ones of the layer. */
async function* standardLibrary(interpreter: Interpreter, cx: JobContext) {
  const lib = path.join(interpreter.folder, 'usr/lib');
  const folders = (await readdir(lib)).filter((name) => /^python3(\.\d+)?$/.test(name));
  const names: string[] = [];
  for (const folder of folders.sort()) {
    const found = await readdir(path.join(lib, folder), { recursive: true });
    names.push(
      ...found.filter((name) => name.endsWith('.py')).map((name) => `usr/lib/${folder}/${name}`),
    );
  }
  const source = { folder: interpreter.folder, files: new Map(names.map((name) => [name, name])) };
  yield* compileBytecode(source, interpreter, {}, cx);
}
