import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withParents, type Entry } from '@mlcontainer/oci';
import { mlcError, type PlannedFile } from '@mlcontainer/plugin-kit';
import { serverPackage } from '@mlcontainer/server';
import { sha256 } from '../../json.ts';
import { once } from '../../once.ts';
import { compilerOf } from '../compilers.ts';
import type { LayerJob, LayerResult } from '../job.ts';
import type { JobContext } from '../run-job.ts';
import { entriesIntoStore } from '../write.ts';

type FilesJob = Extract<LayerJob, { root: string }>;

/** Files of server, plugins and project, each proved by its hash, with bytecode for the Python among them. */
export async function filesLayer(job: FilesJob, cx: JobContext): Promise<LayerResult> {
  const places = { root: job.root, server: once(serverPackage) };
  const files = await Promise.all(
    job.files.map(async (file) => ({ file, bytes: await provedBytes(file, places) })),
  );
  const entries = files.map(({ file, bytes }): Entry =>
    fileEntry(file.path.slice(1), file.mode, bytes),
  );
  const compiled = await bytecode(job, files, cx);
  const sorted = [...entries, ...compiled].sort((a, b) => (a.path < b.path ? -1 : 1));
  return entriesIntoStore(withParents(sorted), job, cx);
}

function fileEntry(imagePath: string, mode: number, bytes: Uint8Array): Entry {
  return { type: 'file', path: imagePath, mode, content: { kind: 'bytes', bytes } };
}

/** Where files come from; the server's package is read once for all of its files. */
interface Places {
  readonly root: string;
  readonly server: typeof serverPackage;
}

async function provedBytes(file: PlannedFile, places: Places): Promise<Uint8Array> {
  const bytes = await contentOf(file, places);
  const actual = sha256(bytes);
  if (actual === file.sha256) return bytes;
  throw mlcError('MLC2112', { path: file.path, expected: file.sha256, actual });
}

async function contentOf(
  { source, path: imagePath }: PlannedFile,
  places: Places,
): Promise<Uint8Array> {
  if (source.kind === 'inline') return Buffer.from(source.text);
  if (source.kind === 'project') return readFile(path.join(places.root, source.from));
  const server = await places.server();
  const found = server.files.find((file) => file.path === source.from);
  if (found === undefined) throw mlcError('MLC2107', { path: source.from, used: imagePath });
  return found.bytes;
}

async function bytecode(
  job: FilesJob,
  files: readonly { readonly file: PlannedFile; readonly bytes: Uint8Array }[],
  cx: JobContext,
): Promise<readonly Entry[]> {
  const compiler = compilerOf(job, cx.compilers);
  if (compiler === undefined) return [];
  const sources = files
    .filter(({ file }) => file.path.endsWith('.py'))
    .map(({ file, bytes }) => ({ path: file.path.slice(1), read: () => bytes }));
  const entries: Entry[] = [];
  for await (const { path: imagePath, bytes } of compiler.compile(sources, cx))
    entries.push(fileEntry(imagePath, 0o644, bytes));
  return entries;
}
