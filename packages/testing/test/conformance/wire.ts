import { createHash, randomBytes } from 'node:crypto';

import { expect } from 'vitest';

/** The registry that a case is put to. */
export interface Wire {
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  /** Two repositories that no other case uses. */
  readonly repository: string;
  readonly other: string;
}

export const OCTETS = 'application/octet-stream';

export function digestOf(bytes: Uint8Array | string, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** One request; the body is given as bytes, and redirects are not followed. */
export async function ask(
  url: URL | string,
  method = 'GET',
  options: { headers?: Record<string, string>; body?: Uint8Array | string } = {},
): Promise<{ status: number; headers: Headers; body: Buffer; url: URL }> {
  const { headers = {}, body } = options;
  const init = { method, headers, redirect: 'manual' } as const;
  const answer = await fetch(url, body === undefined ? init : { ...init, body: Buffer.from(body) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: answer.headers, body: bytes, url: new URL(url) };
}

/** The address of something in the repository. */
export function at({ origin }: Wire, repository: string, path: string): string {
  return `${origin}/v2/${repository}/${path}`;
}

/** Where an answer says to go on. */
export function placeOf(answer: { headers: Headers; url: URL }, digest?: string): URL {
  const location = answer.headers.get('location');
  expect(location, 'Location').not.toBeNull();
  const place = new URL(location ?? '', answer.url);
  if (digest !== undefined) place.searchParams.set('digest', digest);
  return place;
}

/** Some bytes that are nowhere yet. */
export function someBytes(size: number): Buffer {
  return randomBytes(size);
}

/** A blob can be pulled, by GET and HEAD, from its own address and from the one that was answered. */
export async function expectBlob(
  wire: Wire,
  repository: string,
  digest: string,
  bytes: Uint8Array,
): Promise<void> {
  const url = at(wire, repository, `blobs/${digest}`);
  const head = await ask(url, 'HEAD');
  expect([head.status, head.headers.get('content-length')]).toEqual([
    200,
    String(bytes.byteLength),
  ]);
  const got = await ask(url);
  expect([got.status, got.body.equals(bytes)]).toEqual([200, true]);
  for (const { headers } of [head, got])
    expect([digest, null]).toContain(headers.get('docker-content-digest'));
}

/** A blob can be removed, and is gone then. */
export async function removeBlob(wire: Wire, repository: string, digest: string): Promise<void> {
  const url = at(wire, repository, `blobs/${digest}`);
  expect([202, 404]).toContain((await ask(url, 'DELETE')).status);
  expect((await ask(url)).status).toBe(404);
}
