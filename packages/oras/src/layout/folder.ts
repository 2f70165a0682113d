import { constants, createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, type LayoutFile } from '@mlcontainer/oci';
import type { ByteStream } from '@mlcontainer/plugin-kit';
import { readIndexFile } from './index-file.ts';
import type { LayoutReader } from './source.ts';

const READ_BYTES = 1 << 18;

/** Reads a layout folder as it is at that moment. Links are not followed: they do not count as blobs. */
export function folderReader(folder: string): LayoutReader {
  return {
    name: folder,
    entries: async () => (await readIndexFile(folder))?.manifests ?? [],
    blob: (digest) => fileAt(join(folder, blobPath(digest))),
  };
}

async function fileAt(path: string): Promise<LayoutFile | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found?.isFile() !== true) return undefined;
  return { size: found.size, open: () => streamOf(path) };
}

function streamOf(path: string): ByteStream {
  // The types know flags as text alone; Node passes a number on to open(2).
  const flags = (constants.O_RDONLY | constants.O_NOFOLLOW) as unknown as string;
  return createReadStream(path, { flags, highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}
