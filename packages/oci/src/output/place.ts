import { constants } from 'node:fs';
import { copyFile, link, open, stat } from 'node:fs/promises';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { Descriptor } from '../descriptor.ts';
import { digestOf } from '../image/json.ts';
import type { BlobSource } from './content.ts';

/**
 * The modification time of blobs that we wrote. Any later write changes it, so that a blob of another layout
 * generation can be told untouched without hashing it.
 */
const MARK = new Date(0);

/** Whether a blob is as we wrote it: same size, and not written to since. */
export async function isUntouched(file: string, size: number): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return (
    found !== undefined && found.isFile() && found.size === size && found.mtimeMs === MARK.getTime()
  );
}

/** Puts a blob into a layout: linked from the layout before, else copied. True when it was linked. */
export async function placeBlob(
  blob: BlobSource,
  file: string,
  previous: string,
): Promise<boolean> {
  const { size } = blob.descriptor;
  if (await isUntouched(previous, size)) {
    const linked = await link(previous, file).then(
      () => true,
      () => false,
    );
    if (linked) return true;
  }
  await copyBlob(blob, file);
  return false;
}

/** Writes a blob durably. */
export async function copyBlob({ descriptor, source }: BlobSource, file: string): Promise<void> {
  if ('bytes' in source) {
    checkBytes(descriptor, file, source.bytes);
    await placeFile(file, source.bytes);
    return;
  }
  // A clone shares no inode: writing to it leaves the source alone.
  await copyFile(source.path, file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await seal(file, descriptor.size);
}

/** Writes a small file durably. */
export async function placeFile(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.utimes(MARK, MARK);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function checkBytes({ digest, size }: Descriptor, file: string, bytes: Uint8Array): void {
  const actual = digestOf(bytes);
  if (actual === digest && bytes.length === size) return;
  throw mlcError('MLC6043', { path: file, detail: `${actual} instead of ${digest}` });
}

/** Makes a copy durable; its mode is the layout's, not the store's. */
async function seal(file: string, size: number): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const found = await handle.stat();
    if (found.size !== size) {
      throw mlcError('MLC6043', { path: file, detail: `${found.size} bytes instead of ${size}` });
    }
    await handle.chmod(0o644);
    await handle.utimes(MARK, MARK);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
