import type { Digest } from '@mlcontainer/oci';
import type { HttpResponse } from '@mlcontainer/plugin-kit';

import { sendMain, type Context, type UploadForm } from '../context.ts';
import { refusalError, type Asked } from '../transport/errors.ts';
import { givenAddress } from '../transport/transport.ts';

/** An upload that the registry has opened (distribution-spec, Pushing blobs). */
export interface Session {
  readonly url: string;
  /** The address whose answer named it. */
  readonly namedBy: string;
  /** `OCI-Chunk-Min-Length`, in bytes; 0 where the registry names none. */
  readonly chunkMin: number;
}

/** What one upload is about. */
export interface UploadOptions {
  readonly digest: Digest;
  readonly size: number;
  readonly mountFrom: readonly string[];
  /** Forms that the registry did not take. */
  readonly refused?: readonly UploadForm[];
  readonly signal: AbortSignal;
}

/** Opens an upload. Throws MLC6502 to MLC6506. */
export async function openSession(context: Context, options: UploadOptions): Promise<Session> {
  const { response, asked } = await sendMain(context, {
    ...request(options),
    method: 'POST',
    to: '/blobs/uploads/',
    headers: { 'content-length': '0' },
    repeatable: true,
  });
  if (response.status !== 202) throw await refusalError(response, asked);
  return sessionOf(response, asked);
}

/** What all requests of an upload share. */
export function request({ digest, mountFrom, signal }: UploadOptions) {
  return { access: 'push', mountFrom, signal, what: `the upload of ${digest}` } as const;
}

/** The session that an answer names by `Location`. Throws MLC6506 where it names none. */
export async function sessionOf(
  response: HttpResponse,
  asked: Asked,
  before?: Session,
): Promise<Session> {
  await response.cancel();
  const address = givenAddress(response, response.header('location'), asked);
  const least = Number(response.header('oci-chunk-min-length') ?? before?.chunkMin ?? 0);
  return { ...address, chunkMin: Number.isSafeInteger(least) && least > 0 ? least : 0 };
}

/** The address that ends an upload: the session's own query stays as it is, byte for byte. */
export function closing({ url, namedBy }: Session, digest: Digest) {
  const sign = url.includes('?') ? '&' : '?';
  return { url: `${url}${sign}digest=${encodeURIComponent(digest)}`, namedBy };
}
