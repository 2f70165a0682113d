import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { withParents, type Entry } from '@mlcontainer/oci';
import type { LayerJob, LayerResult } from '../job.ts';
import type { JobContext } from '../run-job.ts';
import { entriesIntoStore } from '../write.ts';

type LibraryJob = Extract<LayerJob, { standardLibrary: true }>;

/** Bytecode beside the modules of a base's standard library, as the unpacked interpreter has them. */
export async function libraryBytecodeLayer(job: LibraryJob, cx: JobContext): Promise<LayerResult> {
  const { recipe, interpreter } = job;
  const folder = path.join(interpreter.folder, recipe.stdlib);
  const names = await readdir(folder, { recursive: true });
  const modules = names.filter((name) => name.endsWith('.py')).sort();
  const sources = modules.map((name) => ({
    path: path.posix.join(recipe.stdlib, name).slice(1),
    read: () => readFile(path.join(folder, name)),
  }));
  const entries: Entry[] = [];
  const compiler = cx.compilers.of(interpreter, recipe.bytecode);
  for await (const file of compiler.compile(sources, cx)) {
    const content = { kind: 'bytes', bytes: file.bytes } as const;
    entries.push({ type: 'file', path: file.path, mode: 0o644, content });
  }
  return entriesIntoStore(withParents(entries), job, cx);
}
