import type { Descriptor, Digest } from '@mlcontainer/oci';
import { isMlcError, mlcError, type ByteStream, type HttpResponse } from '@mlcontainer/plugin-kit';

import type { ContentOptions } from '../content.ts';
import { sendMain, type Context } from '../context.ts';
import { asDigest } from '../reference.ts';
import type { Endpoint } from '../transport/endpoint.ts';
import { refusalError } from '../transport/errors.ts';
import { mismatch, verified } from './verified.ts';

/** What a presence is asked with. */
export interface HasOptions extends ContentOptions {
  readonly access?: 'pull' | 'push';
  readonly mountFrom?: readonly string[];
  /** Another repository of the same registry, read with the token that mounts from it. */
  readonly from?: string;
}

/**
 * Whether the registry itself holds a blob (distribution-spec, Checking if content exists). 401 and 403 count as no:
 * some registries answer so for a repository that does not exist yet, and a push that follows tells the truth.
 */
export async function hasBlob(
  context: Context,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  options: HasOptions,
): Promise<boolean> {
  const { signal, access = 'pull', mountFrom } = options;
  try {
    const to = await placeOf(context, digest, options.from);
    const { response, asked } = await sendMain(context, {
      ...{ method: 'HEAD', to, access, mountFrom, signal },
      what: `HEAD of ${digest}`,
    });
    if (response.status === 200) return await isWhole(response, size);
    if (response.status !== 404 && response.status !== 403)
      throw await refusalError(response, asked);
    await response.cancel();
    return false;
  } catch (error) {
    if (isMlcError(error) && (error.code === 'MLC6503' || error.code === 'MLC6504')) return false;
    throw error;
  }
}

/** A length that is not the descriptor's is that of a damaged blob, which is sent again. */
async function isWhole(response: HttpResponse, size: number): Promise<boolean> {
  await response.cancel();
  const length = response.header('content-length');
  return length === undefined || Number(length) === size;
}

async function placeOf(context: Context, digest: Digest, from: string | undefined) {
  if (from === undefined) return blobPath(digest);
  const { origin } = (await context.endpoints()).main;
  return { url: `${origin}/v2/${from}${blobPath(digest)}`, namedBy: origin };
}

function blobPath(digest: Digest): string {
  return `/blobs/${digest}`;
}

/**
 * The bytes of a blob from the first of mirrors and registry that has it; where a transfer breaks for good, the next
 * place gives the rest. Throws MLC6511 where no place has it, MLC6513 where the bytes are others.
 */
export async function* fetchBlob(
  context: Context,
  descriptor: Descriptor,
  options: ContentOptions,
): ByteStream {
  asDigest(descriptor.digest, context.name);
  const cursor: Cursor = { given: 0, place: undefined };
  try {
    yield* verified(fromPlaces(context, descriptor, options, cursor), descriptor, context.name);
  } catch (error) {
    // The next time it is not asked.
    if (isMlcError(error) && error.code === 'MLC6513' && cursor.place !== undefined)
      context.learnt.badMirrors.add(cursor.place.origin);
    throw error;
  }
}

interface Cursor {
  given: number;
  /** The mirror that gives, undefined for the registry itself. */
  place: Endpoint | undefined;
}

async function* fromPlaces(
  context: Context,
  descriptor: Descriptor,
  options: ContentOptions,
  cursor: Cursor,
): ByteStream {
  const { pulls, mirrors } = await context.endpoints();
  for (const mirror of mirrors) {
    if (context.learnt.badMirrors.has(mirror.origin)) continue;
    cursor.place = mirror;
    try {
      yield* fromPlace(context, mirror, descriptor, options, cursor);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      skipMirror(context, mirror, error);
    }
  }
  cursor.place = undefined;
  yield* fromPlace(context, pulls, descriptor, options, cursor);
}

/** Tells of a mirror that did not serve. */
export function skipMirror(context: Context, mirror: Endpoint, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  context.onEvent({
    ...{ code: 'mirror-skipped', registry: context.registry, mirror: mirror.registry, reason },
  });
}

async function* fromPlace(
  context: Context,
  endpoint: Endpoint,
  descriptor: Descriptor,
  { signal }: ContentOptions,
  cursor: Cursor,
): ByteStream {
  const response = await getBlob(context, endpoint, descriptor, signal);
  let skip = cursor.given;
  for await (const chunk of response.body) {
    const fresh = chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.byteLength);
    cursor.given += fresh.byteLength;
    if (fresh.byteLength > 0) yield fresh;
  }
}

async function getBlob(
  context: Context,
  endpoint: Endpoint,
  { digest, size }: Descriptor,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const what = `GET of ${digest}`;
  const request = { endpoint, to: blobPath(digest), access: 'pull', what, signal } as const;
  const response = await context.send(request);
  if (response.status === 404) {
    await response.cancel();
    throw mlcError('MLC6511', { name: context.name, digest });
  }
  if (response.status !== 200) throw await refusalError(response, request);
  const length = response.header('content-length');
  if (length === undefined || Number(length) === size) return response;
  await response.cancel();
  throw mismatch(context.name, `${digest} of ${size} bytes`, `${length} bytes`);
}
