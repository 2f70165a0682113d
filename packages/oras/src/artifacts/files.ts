import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Descriptor, Digest } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import type { Content } from '../content.ts';
import { packFolder } from './folder.ts';
import { ANNOTATIONS, FILE_TYPE } from './media-types.ts';
import { titleFault } from './titles.ts';

/** A file or folder that goes into an artifact. */
export interface ArtifactFile {
  /** Relative to the artifact's folder, or absolute. */
  readonly path: string;
  /** What it is called in the artifact; its path below the artifact's folder when left out. */
  readonly title?: string;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Where files are, and where folders may be packed. */
export interface Workshop {
  /** The artifact's folder. */
  readonly folder: string;
  readonly temporary: string;
  readonly signal: AbortSignal;
}

/** A file or folder as content with its descriptor. Throws MLC6530 where there is none. */
export async function contentOf(
  file: ArtifactFile,
  index: number,
  shop: Workshop,
): Promise<Content> {
  const path = resolve(shop.folder, file.path);
  const title = file.title ?? titleOf(path, shop.folder);
  const fault = titleFault(title);
  if (fault !== undefined) throw mlcError('MLC6530', { path, detail: `its title is ${fault}` });
  const found = await stat(path).catch((cause: unknown) => {
    throw mlcError('MLC6530', { path, detail: 'it does not exist' }, { cause });
  });
  if (found.isDirectory()) return folderContent(file, path, title, index, shop);
  if (!found.isFile()) throw mlcError('MLC6530', { path, detail: 'neither a file nor a folder' });
  return fileContent(file, path, title, shop.signal);
}

async function fileContent(
  { mediaType = FILE_TYPE, annotations }: ArtifactFile,
  path: string,
  title: string,
  signal: AbortSignal,
): Promise<Content> {
  const { digest, size } = await hashFile(path, signal);
  const notes = { ...annotations, [ANNOTATIONS.title]: title };
  return {
    descriptor: { mediaType, digest, size, annotations: sortedRecord(notes) },
    open: () => read(path),
  };
}

async function folderContent(
  file: ArtifactFile,
  folder: string,
  title: string,
  index: number,
  { temporary, signal }: Workshop,
): Promise<Content> {
  const { mediaType } = file;
  const packed = await packFolder({
    folder,
    title,
    file: join(temporary, `${index}.tar.gz`),
    signal,
    ...(mediaType !== undefined && { mediaType }),
  });
  const notes = { ...file.annotations, ...packed.descriptor.annotations };
  const descriptor: Descriptor = { ...packed.descriptor, annotations: sortedRecord(notes) };
  return { descriptor, open: () => read(packed.path) };
}

function titleOf(path: string, folder: string): string {
  const inside = relative(folder, path);
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  if (!isOutside && inside !== '') return inside.split(sep).join('/');
  const detail = isOutside ? `it is not inside ${folder}` : 'it is the artifact’s folder itself';
  throw mlcError('MLC6530', { path, detail: `${detail}, so it needs a title` });
}

/** Digest and size (bytes) of a file. */
export async function hashFile(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of read(path)) {
    signal.throwIfAborted();
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

function read(path: string): ByteStream {
  return createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
}

/** The members in code unit order of their names, so that bytes do not depend on who wrote them down how. */
export function sortedRecord(
  record: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
