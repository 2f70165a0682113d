import { expect } from 'vitest';

import type { Case } from './case.ts';
import { begin, chunked, mount, newBlob, postOnly, postPut, stream, type Blob } from './pushes.ts';
import { ask, at, expectBlob, placeOf, removeBlob, someBytes, type Wire } from './wire.ts';

type Push = (wire: Wire, repository: string, blob: Blob, isBad?: boolean) => Promise<void>;

const THREE = 3 * 1024 - 5;

/** The ways to push a blob, by the names that the official suite gives them; bytes. */
const PUSHES: readonly (readonly [name: string, size: number, push: Push])[] = [
  ['post only', 512, postOnly],
  ['post+put', 512, postPut],
  ['chunked single', 512, (wire, to, blob) => chunked(wire, to, blob, { chunks: 1 })],
  ['stream', 512, stream],
  ['chunked multi', THREE, (wire, to, blob) => chunked(wire, to, blob, { chunks: 3 })],
  [
    'chunked multi and put chunk',
    THREE,
    (wire, to, blob) => chunked(wire, to, blob, { chunks: 3, putsLast: true }),
  ],
  [
    'chunked out-of-order',
    THREE,
    (wire, to, blob) => chunked(wire, to, blob, { chunks: 3, outOfOrder: true }),
  ],
  [
    'chunked out-of-order and put chunk',
    THREE,
    (wire, to, blob) => chunked(wire, to, blob, { chunks: 3, outOfOrder: true, putsLast: true }),
  ],
  ['empty', 0, postPut],
];

const BAD: readonly (readonly [name: string, push: Push])[] = [
  ['post only', postOnly],
  ['post+put', postPut],
  ['chunked', (wire, to, blob, isBad = true) => chunked(wire, to, blob, { chunks: 3, isBad })],
  [
    'chunked and put chunk',
    (wire, to, blob, isBad = true) => chunked(wire, to, blob, { chunks: 3, isBad, putsLast: true }),
  ],
  ['stream', stream],
];

/** Parts of a blob of 2048 bytes: what is asked, and what comes; none where nothing of it is there. */
const RANGES: readonly (readonly [asked: string, part?: readonly [number, number]])[] = [
  ['500-1499', [500, 1500]],
  ['500-', [500, 2048]],
  ['-500', [1548, 2048]],
  ['2000-5000', [2000, 2048]],
  ['500-0'],
  ['5000-10000'],
];

/** What the official suite asks of blobs, for one algorithm. */
export function blobCases(algorithm: string): readonly Case[] {
  const named = (name: string, run: Case['run']): Case => ({
    name: `${algorithm} blobs/${name}`,
    run,
  });
  return [
    named('get-missing', async (wire) => {
      const { digest } = newBlob(someBytes(512), algorithm);
      expect((await ask(at(wire, wire.repository, `blobs/${digest}`))).status).toBe(404);
    }),
    ...PUSHES.map(([name, size, push]) =>
      named(name, (wire) => pushed(wire, newBlob(someBytes(size), algorithm), push)),
    ),
    named('emptyJSON', (wire) => pushed(wire, newBlob(Buffer.from('{}'), algorithm), postPut)),
    ...BAD.map(([name, push]) =>
      named(`bad digest ${name}`, async (wire) => {
        const { digest, bytes } = newBlob(someBytes(THREE), algorithm);
        await push(
          wire,
          wire.repository,
          { digest, bytes: Buffer.concat([bytes, Buffer.from('oh')]) },
          true,
        );
        expect((await ask(at(wire, wire.repository, `blobs/${digest}`))).status).toBe(404);
      }),
    ),
    ...RANGES.map(([asked, part]) =>
      named(`range ${asked}`, (wire) => ranged(wire, algorithm, asked, part)),
    ),
    ...mountCases(algorithm).map(({ name, run }) => named(name, run)),
    named('post cancel', canceled),
  ];
}

async function pushed(wire: Wire, blob: Blob, push: Push): Promise<void> {
  await push(wire, wire.repository, blob);
  await expectBlob(wire, wire.repository, blob.digest, blob.bytes);
  await removeBlob(wire, wire.repository, blob.digest);
}

async function ranged(
  wire: Wire,
  algorithm: string,
  asked: string,
  part: readonly [number, number] | undefined,
): Promise<void> {
  const blob = newBlob(someBytes(2048), algorithm);
  await postPut(wire, wire.repository, blob);
  const headers = { range: `bytes=${asked}` };
  const answer = await ask(at(wire, wire.repository, `blobs/${blob.digest}`), 'GET', { headers });
  if (part === undefined) return expect(answer.status).toBe(416);
  const [start, end] = part;
  expect(answer.status).toBe(206);
  expect(answer.headers.get('content-length')).toBe(String(end - start));
  expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/2048`);
  expect(answer.body.equals(blob.bytes.subarray(start, end))).toBe(true);
}

function mountCases(algorithm: string): readonly Case[] {
  const run = async (wire: Wire, from: string | undefined, isThere: boolean): Promise<void> => {
    const blob = newBlob(someBytes(512), algorithm);
    if (isThere) await postPut(wire, wire.other, blob);
    expect(await mount(wire, blob, from)).toBe(isThere ? 201 : 202);
    await expectBlob(wire, wire.repository, blob.digest, blob.bytes);
    await removeBlob(wire, wire.repository, blob.digest);
  };
  return [
    { name: 'mount', run: (wire) => run(wire, wire.other, true) },
    { name: 'mount anonymous', run: (wire) => run(wire, undefined, true) },
    { name: 'mount missing', run: (wire) => run(wire, wire.other, false) },
  ];
}

async function canceled(wire: Wire): Promise<void> {
  const place = placeOf(await begin(wire, wire.repository));
  expect((await ask(place, 'DELETE')).status).toBe(204);
  expect((await ask(place)).status).toBe(404);
}
