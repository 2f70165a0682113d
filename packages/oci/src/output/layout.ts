import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { blobPath, type Digest } from '../descriptor.ts';
import type { BlobsAhead } from './ahead.ts';
import { replaceFolder, syncFolder, writtenBeside } from './beside.ts';
import { indexFile, LAYOUT_FILE, type BlobSource, type LayoutContent } from './content.ts';
import { placeBlob, placeFile, isUntouched } from './place.ts';

/** What every output takes. */
export interface OutputOptions {
  readonly signal: AbortSignal;
}

/** How a layout is written. */
export interface LayoutOptions extends OutputOptions {
  /** Copies of blobs that were made before; those that this layout needs are moved into it. */
  readonly ahead?: BlobsAhead | undefined;
}

/** What an output cost. */
export interface WrittenOutput {
  /** Bytes copied or written; blobs kept from the layout before are not among them. */
  readonly written: number;
  /** Digests of blobs kept from the layout before. */
  readonly kept: readonly Digest[];
}

const AT_ONCE = 4;

/**
 * Writes an OCI layout folder (image-spec image-layout.md). It is written beside its place and moved there whole, so
 * a reader or a crash never sees half of it; a layout that is there already is replaced, and blobs that it shares
 * are kept from it by hard link, which nobody else has. Blobs from elsewhere are cloned where the file system can,
 * and copied otherwise, never linked: a layout is the user's to write to, the store is not.
 * Throws MLC6041 when something else than a layout is there, MLC6043 when a blob has another size than announced.
 */
export async function writeLayout(
  folder: string,
  content: LayoutContent,
  options: LayoutOptions,
): Promise<WrittenOutput> {
  await checkReplaceable(folder);
  const index = indexFile(content.roots);
  if (await isCurrent(folder, index, content.blobs)) {
    return { written: 0, kept: content.blobs.map(({ descriptor }) => descriptor.digest) };
  }
  const kept: Digest[] = [];
  let written = 0;
  const addBlob = async (blob: BlobSource, temporary: string): Promise<void> => {
    const { digest, size } = blob.descriptor;
    const path = blobPath(digest);
    const file = join(temporary, path);
    const isMoved = (await options.ahead?.moveTo(digest, file)) === true;
    if (!isMoved && (await placeBlob(blob, file, join(folder, path)))) kept.push(digest);
    else written += size;
  };
  await writtenBeside(
    folder,
    async (temporary) => {
      await mkdir(join(temporary, 'blobs/sha256'), { recursive: true });
      await forEach(content.blobs, options.signal, (blob) => addBlob(blob, temporary));
      await placeFile(join(temporary, 'oci-layout'), LAYOUT_FILE);
      await placeFile(join(temporary, 'index.json'), index);
      for (const path of ['blobs/sha256', 'blobs', '']) await syncFolder(join(temporary, path));
    },
    (temporary) => replaceFolder(temporary, folder),
  );
  return { written, kept: kept.sort() };
}

async function forEach<T>(
  items: readonly T[],
  signal: AbortSignal,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      signal.throwIfAborted();
      await act(item);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  // All have ended: nobody writes any more into a folder that is about to be removed.
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** A layout, an empty folder or nothing may be replaced. */
async function checkReplaceable(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw mlcError('MLC6041', { path: folder }, { cause: error });
  });
  if (names.length > 0 && !names.includes('oci-layout'))
    throw mlcError('MLC6041', { path: folder });
}

/** Whether the very same layout is there, its blobs untouched since we wrote them. */
async function isCurrent(
  folder: string,
  index: Uint8Array,
  blobs: readonly BlobSource[],
): Promise<boolean> {
  const present = await readFile(join(folder, 'index.json')).catch(() => undefined);
  if (present?.equals(index) !== true) return false;
  const names = await readdir(join(folder, 'blobs/sha256')).catch((): string[] => []);
  if (names.length !== blobs.length) return false;
  const checks = blobs.map(({ descriptor }) =>
    isUntouched(join(folder, blobPath(descriptor.digest)), descriptor.size),
  );
  return (await Promise.all(checks)).every(Boolean);
}
