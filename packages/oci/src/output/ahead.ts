import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../descriptor.ts';
import { sweep, temporaryName } from './beside.ts';
import type { BlobSource } from './content.ts';
import { copyBlob } from './place.ts';

/**
 * Copies of blobs beside a layout that is written later. A blob takes its time until it is safe on the disk: one that
 * is copied while others are still made costs no time of its own.
 */
export interface BlobsAhead {
  /**
   * Begins to copy, one at a time; `blob` is asked for when it is its turn. What fails is met again, and told, by who
   * writes the layout.
   */
  add(digest: Digest, blob: () => Promise<BlobSource>): void;
  /** Moves a copy to its place; false where there is none. */
  moveTo(digest: Digest, file: string): Promise<boolean>;
  /** Waits for what is under way and removes what nobody took. */
  close(): Promise<void>;
}

/** For a layout that will stand at `target`. */
export function openAhead(target: string): BlobsAhead {
  const folder = temporaryName(target);
  const copies = new Map<Digest, Promise<boolean>>();
  let last: Promise<boolean> | undefined;
  /** The highest of the folders above the layout that were not there. */
  let made: string | undefined;
  const fileOf = (digest: Digest): string => join(folder, digest.slice('sha256:'.length));
  const begin = async (): Promise<boolean> => {
    made = await mkdir(dirname(target), { recursive: true });
    await sweep(target);
    await mkdir(folder);
    return true;
  };
  const copied = async (
    blob: () => Promise<BlobSource>,
    file: string,
    before: Promise<unknown>,
  ): Promise<boolean> => {
    try {
      await before;
      await copyBlob(await blob(), file);
      return true;
    } catch {
      return false;
    }
  };
  return {
    add: (digest, blob) => {
      if (copies.has(digest)) return;
      last = copied(blob, fileOf(digest), (last ??= begin()));
      copies.set(digest, last);
    },
    moveTo: async (digest, file) => {
      if ((await copies.get(digest)) !== true) return false;
      copies.delete(digest);
      await rename(fileOf(digest), file);
      return true;
    },
    close: async () => {
      if (last === undefined) return;
      await last.catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
      if (made !== undefined) await removeEmpty(dirname(target), made);
    },
  };
}

/** Removes a folder and those above it, up to one of them, as long as nothing is in them. */
async function removeEmpty(folder: string, highest: string): Promise<void> {
  const isGone = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (isGone && folder !== highest) await removeEmpty(dirname(folder), highest);
}
