import { expect } from 'vitest';

import { ask, at, digestOf, OCTETS, placeOf, type Wire } from './wire.ts';

/** A blob on its way; its digest may be a wrong one. */
export interface Blob {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

const octets = { 'content-type': OCTETS };

/** What the last answer of a push must be. */
function expectPushed(
  blob: Blob,
  answer: { status: number; headers: Headers; url: URL },
  isBad: boolean,
): void {
  expect(answer.status).toBe(isBad ? 400 : 201);
  if (isBad) return;
  expect([blob.digest, null]).toContain(answer.headers.get('docker-content-digest'));
  placeOf(answer);
}

async function expectPulled(answer: { headers: Headers; url: URL }, blob: Blob): Promise<void> {
  const pulled = await ask(placeOf(answer));
  expect([pulled.status, pulled.body.equals(blob.bytes)]).toEqual([200, true]);
}

export async function begin(wire: Wire, repository: string, headers: Record<string, string> = {}) {
  const answer = await ask(at(wire, repository, 'blobs/uploads/'), 'POST', { headers });
  expect(answer.status).toBe(202);
  return answer;
}

export async function postOnly(wire: Wire, repository: string, blob: Blob, isBad = false) {
  const url = `${at(wire, repository, 'blobs/uploads/')}?digest=${encodeURIComponent(blob.digest)}`;
  const answer = await ask(url, 'POST', { headers: octets, body: blob.bytes });
  expectPushed(blob, answer, isBad);
  if (!isBad) await expectPulled(answer, blob);
}

export async function postPut(wire: Wire, repository: string, blob: Blob, isBad = false) {
  const place = placeOf(await begin(wire, repository), blob.digest);
  const answer = await ask(place, 'PUT', { headers: octets, body: blob.bytes });
  expectPushed(blob, answer, isBad);
  if (!isBad) await expectPulled(answer, blob);
}

export async function stream(wire: Wire, repository: string, blob: Blob, isBad = false) {
  const begun = await begin(wire, repository);
  const patched = await ask(placeOf(begun), 'PATCH', { headers: octets, body: blob.bytes });
  expect(patched.status).toBe(202);
  const answer = await ask(placeOf(patched, blob.digest), 'PUT', { headers: octets });
  expectPushed(blob, answer, isBad);
  if (!isBad) await expectPulled(answer, blob);
}

export interface ChunkOptions {
  /** How many. */
  readonly chunks: number;
  /** The last one goes with the PUT. */
  readonly putsLast?: boolean;
  /** Before each chunk another one is tried, and the way back is asked for. */
  readonly outOfOrder?: boolean;
  readonly isBad?: boolean;
}

export async function chunked(wire: Wire, repository: string, blob: Blob, options: ChunkOptions) {
  const { isBad = false, putsLast = false } = options;
  const begun = await begin(wire, repository, { 'content-length': '0' });
  const least = Number(begun.headers.get('oci-chunk-min-length') ?? 0);
  const size = Math.max(least, Math.ceil(blob.bytes.byteLength / options.chunks));
  let last: { headers: Headers; url: URL; status: number } = begun;
  for (let start = 0; start < blob.bytes.byteLength; start += size) {
    if (options.outOfOrder === true) last = await strayAndReturn(last, blob, start, size, putsLast);
    last = await sendChunk(last, blob, start, size, putsLast);
    const isClosed = putsLast && start + size >= blob.bytes.byteLength;
    if (!isClosed) expectHeld(last, Math.min(start + size, blob.bytes.byteLength));
  }
  const answer = putsLast
    ? last
    : await ask(placeOf(last, blob.digest), 'PUT', { headers: octets });
  expectPushed(blob, answer, isBad);
  if (!isBad) await expectPulled(answer, blob);
}

function sendChunk(
  last: { headers: Headers; url: URL },
  { bytes, digest }: Blob,
  start: number,
  size: number,
  putsLast: boolean,
) {
  const end = Math.min(start + size, bytes.byteLength);
  const isPut = putsLast && end === bytes.byteLength;
  return ask(placeOf(last, isPut ? digest : undefined), isPut ? 'PUT' : 'PATCH', {
    headers: { ...octets, 'content-range': `${start}-${end - 1}` },
    body: bytes.subarray(start, end),
  });
}

function expectHeld(answer: { status: number; headers: Headers }, bytes: number): void {
  expect([answer.status, answer.headers.get('range')]).toEqual([202, `0-${bytes - 1}`]);
}

/** Sends a chunk that is not the next one, which must give 416, and asks where to go on, which must give 204. */
async function strayAndReturn(
  last: { headers: Headers; url: URL },
  blob: Blob,
  start: number,
  size: number,
  putsLast: boolean,
) {
  const ahead = start + size;
  const bad = await sendChunk(
    last,
    blob,
    ahead < blob.bytes.byteLength ? ahead : 0,
    size,
    putsLast,
  );
  expect(bad.status).toBe(416);
  const place = bad.headers.has('location') ? placeOf(bad) : placeOf(last);
  const status = await ask(place);
  expect(status.status).toBe(204);
  expect(status.headers.get('range')).toMatch(/^0-\d+$/);
  if (start > 0) expect(status.headers.get('range')).toBe(`0-${start - 1}`);
  return status;
}

export async function mount(wire: Wire, blob: Blob, from: string | undefined): Promise<number> {
  const query = new URLSearchParams({
    mount: blob.digest,
    ...(from === undefined ? {} : { from }),
  });
  const url = `${at(wire, wire.repository, 'blobs/uploads/')}?${query.toString()}`;
  const answer = await ask(url, 'POST');
  if (answer.status === 201) await expectPulled(answer, blob);
  else {
    expect(answer.status).toBe(202);
    const put = await ask(placeOf(answer, blob.digest), 'PUT', {
      headers: octets,
      body: blob.bytes,
    });
    expectPushed(blob, put, false);
  }
  return answer.status;
}

export function newBlob(bytes: Uint8Array, algorithm = 'sha256'): Blob {
  return { digest: digestOf(bytes, algorithm), bytes };
}
