import path from 'node:path';
import type { DataKeeper } from '@mlcontainer/debian';
import type { StorePort } from '@mlcontainer/plugin-kit';

/**
 * What one build decompresses for one purpose and needs for another: a quarter of what is packed by xz goes into the
 * compiler of bytecode and into a layer. It lies in a temporary folder of the store, made when it is first needed.
 */
export interface Scratch {
  /** Path of a .deb's decompressed data archive, by the SHA-256 of the .deb. */
  dataOf(sha256: string): string | undefined;
  /** Undefined once the scratch is closed. */
  keeper(): Promise<DataKeeper | undefined>;
  /** Removes the folder; layers that are made later decompress anew. */
  close(): Promise<void>;
}

export function openScratch(store: StorePort): Scratch {
  const data = new Map<string, string>();
  const closed = Promise.withResolvers<void>();
  let isOpen = true;
  let opened: Promise<string> | undefined;
  let living: Promise<void> | undefined;
  const folder = (): Promise<string> =>
    (opened ??= new Promise((resolve, reject) => {
      living = store.withTemp(async (temp) => {
        resolve(temp);
        await closed.promise;
      });
      living.catch(reject);
    }));
  return {
    dataOf: (sha256) => data.get(sha256),
    keeper: async () => {
      if (!isOpen) return undefined;
      const temp = await folder();
      return {
        pathFor: (deb) => path.join(temp, `${deb.sha256}.tar`),
        kept: (deb, file) => void data.set(deb.sha256, file),
      };
    },
    close: async () => {
      isOpen = false;
      data.clear();
      closed.resolve();
      await living;
    },
  };
}
