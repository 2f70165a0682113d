import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Entry } from '@mlcontainer/oci';
import type { StorePort } from '@mlcontainer/plugin-kit';
import { layerIntoStore } from './write.ts';

const ENTRIES: readonly Entry[] = [1, 2, 3].map((index) => ({
  type: 'file',
  path: `${index}`,
  mode: 0o644,
  content: { kind: 'bytes', bytes: new Uint8Array(300_000).fill(index) },
}));

/** A store that takes one chunk and then fails, a while after it has stopped to read. */
const FULL: Pick<StorePort, 'put'> = {
  put: async (source) => {
    for await (const _ of source) break;
    await sleep(5);
    throw new Error('the disk is full');
  },
};

function write(entries: Iterable<Entry>, store: Pick<StorePort, 'put'>) {
  return layerIntoStore(entries, 'none', store as StorePort, new AbortController().signal);
}

describe('a layer that cannot be written', () => {
  test('says what the store said, not that its reader went away', async () => {
    await expect(write(ENTRIES, FULL)).rejects.toThrow('the disk is full');
  });

  test('says what its entries said', async () => {
    const taking: Pick<StorePort, 'put'> = {
      put: async (source) => {
        for await (const _ of source);
        throw new Error('it ended well, and must not have');
      },
    };
    const entries = function* (): Generator<Entry> {
      yield ENTRIES[0]!;
      throw new Error('no more entries');
    };
    await expect(write(entries(), taking)).rejects.toThrow('no more entries');
  });
});
