import { describe, expect, it } from 'vitest';

import { fakeClock } from '../../doubles/clock.ts';
import type { TestRegistry } from '../options.ts';
import { startRegistry } from '../registry.ts';
import type { Fault, Misfortune, Occasion } from './fault.ts';

const BYTES = Buffer.from('0123456789'.repeat(100));

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Starts a registry with one blob, and asks for it; `broken` where the connection ended before its time. */
async function pulled(
  faults: readonly Fault[],
  headers: Record<string, string> = {},
): Promise<{ readonly got: Got | 'broken'; readonly registry: TestRegistry }> {
  await using registry = await startRegistry({ faults, clock: fakeClock() });
  const digest = await registry.seedBlob('a', BYTES);
  const got = await fetch(`${registry.origin}/v2/a/blobs/${digest}`, {
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(500),
  })
    .then(async (answer) => ({
      ...{ status: answer.status, headers: answer.headers },
      text: await answer.text(),
    }))
    .catch(() => 'broken' as const);
  return { got, registry };
}

function fault(then: Misfortune | readonly Misfortune[], on: Occasion = {}): Fault {
  return { name: 'fault', on, then };
}

const CUTS = [
  ['on arrival', 'arrival', 0, 0],
  ['before the answer', 'answer', 200, 0],
  ['after the headers', 'headers', 200, 0],
  ['in the answer', { responseBytes: 300 }, 200, 300],
  ['at its end', { responseBytes: 1000 }, 200, 1000],
] as const;

describe.each(['cut', 'stall'] as const)('%s', (kind) => {
  it.each(CUTS)('%s', async (_, at, status, responseBytes) => {
    const { got, registry } = await pulled([fault({ kind, at })]);
    // All of the body came before it was cut at its end.
    if (at !== CUTS[4][1]) expect(got).toBe('broken');
    const [entry] = registry.journal.entries;
    expect(entry).toMatchObject({ status, responseBytes, faults: ['fault'] });
    await registry.journal.when(({ outcome }) => outcome !== 'open');
    expect(entry?.outcome).toBe(kind === 'cut' ? 'cut' : 'gone');
  });

  it('in the request', async () => {
    await using registry = await startRegistry({
      faults: [fault({ kind, at: { requestBytes: 100 } })],
    });
    const asked = fetch(`${registry.origin}/v2/a/manifests/x`, {
      ...{ method: 'PUT', body: BYTES, headers: { 'content-type': 'text/plain' } },
      signal: AbortSignal.timeout(300),
    });
    await expect(asked).rejects.toThrow();
    await registry.journal.when(({ outcome }) => outcome !== 'open');
    expect(registry.journal.entries).toMatchObject([{ requestBytes: 100, status: 0 }]);
  });
});

it('answers in the place of the registry, with templates filled in', async () => {
  const headers = { 'Retry-After': '{date+60}', location: '{origin}{path}?n={nth}' };
  const { got, registry } = await pulled([
    fault({ kind: 'answer', status: 429, headers, body: 'n {nth}' }),
  ]);
  expect(got).toMatchObject({ status: 429, text: 'n 1' });
  const answer = got as Got;
  expect(answer.headers.get('retry-after')).toBe('Thu, 01 Jan 2026 00:01:00 GMT');
  expect(answer.headers.get('location')).toMatch(`${registry.origin}/v2/a/blobs/sha256:`);
  expect(registry.journal.entries[0]?.answered).toHaveProperty('retry-after');
});

it('changes status and headers of what the registry answers', async () => {
  const change: Misfortune = {
    kind: 'change',
    status: 203,
    headers: { etag: null, 'x-new': 'yes', 'content-type': { part: 'octet', by: 'x' } },
  };
  const { got } = await pulled([fault(change)]);
  const { status, headers, text } = got as Got;
  expect([status, text]).toEqual([203, BYTES.toString()]);
  expect([headers.get('etag'), headers.get('x-new'), headers.get('content-type')]).toEqual([
    null,
    'yes',
    'application/x-stream',
  ]);
});

it('overlooks request headers', async () => {
  const range = { range: 'bytes=990-' };
  expect((await pulled([], range)).got).toMatchObject({ status: 206, text: '0123456789' });
  const { got } = await pulled([fault({ kind: 'overlook', headers: ['Range'] })], range);
  expect(got).toMatchObject({ status: 200, text: BYTES.toString() });
});

it('damages one byte, shortens, and does both', async () => {
  const both = [
    { kind: 'shorten', to: 20 },
    { kind: 'damage', at: -1 },
  ] as const;
  const { got } = await pulled([fault(both)]);
  expect((got as Got).text).toHaveLength(20);
  expect((got as Got).text.slice(0, 19)).toBe(BYTES.toString().slice(0, 19));
  expect((got as Got).text).not.toBe(BYTES.toString().slice(0, 20));
});

it('is slow where it is asked to be', async () => {
  const slow: Misfortune = { kind: 'slow', body: 'answer', bytes: 100, pauseMs: 1 };
  const { got, registry } = await pulled([fault(slow)]);
  expect((got as Got).text).toBe(BYTES.toString());
  expect(registry.journal.entries).toMatchObject([{ responseBytes: 1000, outcome: 'done' }]);
});

it('loses blobs, uploads and tokens', async () => {
  expect((await pulled([fault({ kind: 'forget-blobs' })])).got).toMatchObject({ status: 404 });
  await using registry = await startRegistry();
  const begun = await fetch(`${registry.origin}/v2/a/blobs/uploads/`, { method: 'POST' });
  expect(registry.openUploads()).toBe(1);
  registry.addFaults(fault({ kind: 'forget-uploads' }));
  const place = new URL(begun.headers.get('location') ?? '', registry.origin);
  expect((await fetch(place)).status).toBe(404);
  expect(registry.openUploads()).toBe(0);
});

describe('an occasion', () => {
  const struck = async (on: Occasion): Promise<readonly number[]> => {
    await using registry = await startRegistry({
      faults: [fault({ kind: 'answer', status: 418 }, on)],
    });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      const headers = index % 2 === 0 ? { 'x-odd': 'no' } : {};
      const { status } = await fetch(`${registry.origin}/v2/`, { headers });
      statuses.push(status);
    }
    return statuses;
  };

  it.each<readonly [Occasion, readonly number[]]>([
    [{}, [418, 418, 418, 418]],
    [{ nth: 2 }, [200, 418, 200, 200]],
    [{ nth: [1, 4] }, [418, 200, 200, 418]],
    [{ nth: { from: 3 } }, [200, 200, 418, 418]],
    [{ headers: { 'X-Odd': /no/ } }, [418, 200, 418, 200]],
    [{ headers: { 'x-odd': null }, nth: 2 }, [200, 200, 200, 418]],
    [{ endpoint: 'blob' }, [200, 200, 200, 200]],
    [{ endpoint: ['blob', 'base'], method: ['GET', 'PUT'], nth: 1 }, [418, 200, 200, 200]],
    [{ path: /^\/v2\/$/, nth: 3 }, [200, 200, 418, 200]],
    [{ server: 'token' }, [200, 200, 200, 200]],
  ])('%j', async (on, expected) => {
    expect(await struck(on)).toEqual(expected);
  });
});

describe('journal.when', () => {
  it('comes back with what was, with what comes, and not after its signal', async () => {
    await using registry = await startRegistry();
    const coming = registry.journal.when(({ path }) => path === '/v2/?two');
    await fetch(`${registry.origin}/v2/?one`);
    expect(await registry.journal.when(({ path }) => path === '/v2/?one')).toMatchObject({
      index: 0,
    });
    await fetch(`${registry.origin}/v2/?two`);
    expect(await coming).toMatchObject({ index: 1 });
    const never = registry.journal.when(() => false, AbortSignal.timeout(10));
    await expect(never).rejects.toThrow();
  });
});
