import type { Fault, Misfortune, RegistryOptions } from '@mlcontainer/testing';
import { describe, expect, it } from 'vitest';

import type { Content } from '../src/index.ts';
import { bytesOf, collect, content, noise } from './support/contents.ts';
import { endOf, IMPATIENT, withLab, type Lab } from './support/lab.ts';

const SIZE = 1024 * 1024;
const PART = SIZE / 16;
const CUTS = Array.from({ length: 16 }, (_, at) => at * PART);
const BLOB = content(noise(SIZE, 3), 'application/octet-stream');

/** Bytes of blobs that went over the wire, in one direction. */
function moved({ registry }: Lab, side: 'requestBytes' | 'responseBytes'): number {
  return registry.journal.entries
    .filter(({ endpoint, method }) => endpoint !== 'manifest' && method !== 'HEAD')
    .reduce((sum, entry) => sum + entry[side], 0);
}

async function pulled(faults: readonly Fault[], check: (lab: Lab) => void): Promise<void> {
  await withLab({ registry: { faults }, http: { timeouts: IMPATIENT } }, async (lab) => {
    const bytes = await bytesOf(BLOB);
    await lab.registry.seedBlob('team/app', bytes);
    const got = await collect(lab.repository().fetch(BLOB.descriptor, { signal: lab.signal }));
    expect(got.equals(bytes)).toBe(true);
    check(lab);
  });
}

async function pushed(
  options: {
    faults: readonly Fault[];
    registry?: RegistryOptions;
    chunkBytes?: number;
    blob?: Content;
  },
  check: (lab: Lab) => void,
): Promise<void> {
  const { faults, chunkBytes, blob = BLOB } = options;
  const client = chunkBytes === undefined ? {} : { chunkBytes };
  const registry = { ...options.registry, faults };
  await withLab({ registry, client, http: { timeouts: IMPATIENT } }, async (lab) => {
    await lab.repository().push(blob, { signal: lab.signal });
    const held = await lab.registry.readBlob('team/app', blob.descriptor.digest);
    expect((await bytesOf(blob)).equals(held ?? new Uint8Array())).toBe(true);
    expect(lab.registry.commits).toHaveLength(1);
    check(lab);
  });
}

function onGet(
  then: Misfortune | readonly Misfortune[],
  nth: number | readonly number[] = 1,
): Fault {
  return { name: 'pull', on: { endpoint: 'blob', method: 'GET', nth }, then };
}

describe('F8 a pull that breaks', () => {
  it.each(CUTS)('cut after %i bytes: goes on there', (responseBytes) =>
    pulled([onGet({ kind: 'cut', at: { responseBytes } })], (lab) => {
      expect(moved(lab, 'responseBytes')).toBeLessThanOrEqual(SIZE + PART);
    }),
  );

  it('cut in every sixteenth, one after the other', () => {
    const nth = Array.from({ length: 15 }, (_, at) => at + 1);
    const small = { kind: 'cut', at: { responseBytes: PART } } as const;
    return withLab(
      { registry: { faults: [onGet(small, nth)] }, http: { retry: { attempts: 20 } } },
      async (lab) => {
        await lab.registry.seedBlob('team/app', await bytesOf(BLOB));
        const got = await collect(lab.repository().fetch(BLOB.descriptor, { signal: lab.signal }));
        expect(got.equals(await bytesOf(BLOB))).toBe(true);
        expect(moved(lab, 'responseBytes')).toBeLessThanOrEqual(SIZE + PART);
      },
    );
  });

  const ODDITIES: readonly (readonly [string, readonly Fault[]])[] = [
    [
      '200 in the place of 206',
      [
        onGet({ kind: 'cut', at: { responseBytes: 500_000 } }),
        onGet({ kind: 'overlook', headers: ['range', 'if-range'] }, 2),
      ],
    ],
    [
      'no validator: all of it again',
      [
        onGet({ kind: 'cut', at: { responseBytes: 500_000 } }),
        onGet({ kind: 'change', headers: { etag: null } }, [1, 2]),
      ],
    ],
    ['a stall', [onGet({ kind: 'stall', at: { responseBytes: 500_000 } })]],
    ['a stall before the first byte', [onGet({ kind: 'stall', at: 'headers' })]],
    [
      'a cut, then 503 for the rest',
      [
        onGet({ kind: 'cut', at: { responseBytes: 500_000 } }),
        onGet({ kind: 'answer', status: 503 }, [2, 3]),
      ],
    ],
  ];
  it.each(ODDITIES)('%s', (_, faults) =>
    pulled(faults, ({ registry }) => expect(registry.journal.entries.length).toBeGreaterThan(1)),
  );

  it.each([
    ['other bytes in the rest', onGet({ kind: 'damage', at: 10 }, 2), 'MLC6513'],
    [
      'another part than was asked for',
      onGet({ kind: 'change', headers: { 'content-range': 'bytes 5-1048575/1048576' } }, 2),
      'MLC7017',
    ],
    ['the rest is gone', onGet({ kind: 'answer', status: 404 }, 2), 'MLC7017'],
    [
      'never all of it',
      onGet({ kind: 'cut', at: { responseBytes: 10 } }, [2, 3, 4, 5, 6, 7]),
      'MLC7001',
    ],
  ] as const)('%s: one error', async (_, second, expected) => {
    const faults = [onGet({ kind: 'cut', at: { responseBytes: 500_000 } }), second];
    expect(await endOf(pulled(faults, () => undefined))).toBe(expected);
  });
});

describe('F8 a push that breaks', () => {
  const onPut = (then: Misfortune): Fault => ({
    name: 'push',
    on: { endpoint: 'upload', method: 'PUT', nth: 1 },
    then,
  });

  it.each(CUTS)('one PUT cut after %i bytes: sent again', (requestBytes) =>
    pushed({ faults: [onPut({ kind: 'cut', at: { requestBytes } })] }, ({ registry }) => {
      expect(registry.journal.of({ method: 'PUT', status: 201 })).toMatchObject([
        { requestBytes: SIZE },
      ]);
    }),
  );

  it.each(CUTS)('in chunks, cut after %i bytes: at most one chunk is sent again', (bytes) => {
    // The cut lies in the middle of a chunk, or at its end.
    const nth = Math.floor(bytes / (2 * PART)) + 1;
    const requestBytes = bytes - (nth - 1) * 2 * PART;
    const cut: Fault = {
      name: 'push',
      on: { endpoint: 'upload', method: 'PATCH', nth },
      then: { kind: 'cut', at: { requestBytes } },
    };
    return pushed({ faults: [cut], chunkBytes: 2 * PART }, (lab) => {
      expect(moved(lab, 'requestBytes')).toBeLessThanOrEqual(SIZE + 2 * PART);
      expect(lab.registry.journal.of({ method: 'POST' })).toHaveLength(1);
    });
  });

  it.each([
    ['taken, and the answer lost', { kind: 'cut', at: 'answer' }],
    ['the server takes nothing more', { kind: 'stall', at: { requestBytes: 300_000 } }],
    ['the answer does not come', { kind: 'stall', at: 'answer' }],
    ['413 of a gateway', { kind: 'answer', status: 413 }],
  ] as const)('one PUT: %s', (_, then) =>
    pushed({ faults: [onPut(then)] }, ({ registry }) =>
      expect(registry.openUploads()).toBeLessThan(3),
    ),
  );
});

describe('F16 chunks', () => {
  const patch = (
    then: Misfortune | readonly Misfortune[],
    nth: number | readonly number[],
  ): Fault => ({
    name: 'chunk',
    on: { endpoint: 'upload', method: 'PATCH', nth },
    then,
  });

  it.each([
    ['a part of one was taken', [patch({ kind: 'cut', at: { requestBytes: PART / 3 } }, 4)]],
    ['taken, and the answer lost', [patch({ kind: 'cut', at: 'answer' }, 4)]],
    ['416 without a reason', [patch({ kind: 'answer', status: 416 }, 4)]],
    ['500, and nothing was taken', [patch({ kind: 'answer', status: 500 }, [4, 5])]],
    [
      'another Range than was sent is answered',
      [patch({ kind: 'change', headers: { range: '0-0' } }, 4)],
    ],
    ['no Range is answered', [patch({ kind: 'change', headers: { range: null } }, [1, 2, 3])]],
    ['the session is lost', [patch({ kind: 'forget-uploads' }, 4)]],
    ['a stall', [patch({ kind: 'stall', at: 'answer' }, 4)]],
  ] as const)('%s', (_, faults) =>
    pushed({ faults, chunkBytes: PART }, ({ registry }) =>
      expect(registry.journal.of({ method: 'PATCH' }).length).toBeGreaterThan(15),
    ),
  );

  it('are as large as the registry wants them', () =>
    pushed(
      { faults: [], chunkBytes: 1000, registry: { different: { minChunk: 3 * PART } } },
      ({ registry }) => {
        const sizes = registry.journal
          .of({ method: 'PATCH' })
          .map(({ requestBytes }) => requestBytes);
        expect(sizes.slice(0, -1).every((size) => size >= 3 * PART)).toBe(true);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(SIZE);
      },
    ));

  it('are given up where the registry takes none', () =>
    pushed(
      { faults: [], chunkBytes: PART, registry: { profile: 'artifact-registry' } },
      ({ registry }) => expect(registry.openUploads()).toBeLessThan(3),
    ));

  it('are begun where one request is too large', () =>
    pushed(
      {
        blob: content(noise(9 * SIZE, 8), 'application/octet-stream'),
        faults: [
          {
            name: 'a small gateway',
            on: { endpoint: 'upload', headers: { 'content-length': /^9437184$/ } },
            then: { kind: 'answer', status: 413 },
          },
        ],
      },
      ({ registry }) => expect(registry.journal.of({ method: 'PATCH' })).toHaveLength(2),
    ));
});
