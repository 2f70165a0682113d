import { digestOf, type Descriptor } from '@mlcontainer/oci';
import { isMlcError, mlcError, type HttpResponse } from '@mlcontainer/plugin-kit';

import { mismatch } from '../blob/verified.ts';
import { skipMirror } from '../blob/read.ts';
import type { ContentOptions } from '../content.ts';
import { sendMain, type Context } from '../context.ts';
import { ACCEPT_MANIFESTS, isManifestType } from '../media-types.ts';
import { asDigest, isDigest, isTag } from '../reference.ts';
import type { FetchedManifest, ManifestOptions } from '../registry.ts';
import { readCapped } from '../transport/body.ts';
import { mayGive, type Endpoint } from '../transport/endpoint.ts';
import { refusalError } from '../transport/errors.ts';
import { LARGEST_MANIFEST, mediaTypeOf, parseManifest } from './parse.ts';

/** The path of a manifest by tag or digest. Throws MLC6501, MLC6514 for what is neither. */
export function manifestPath(reference: string, name: string): string {
  return `/manifests/${isTag(reference) ? reference : asDigest(reference, `${name}@${reference}`)}`;
}

/** See `Repository.headManifest`. */
export async function headManifest(
  context: Context,
  reference: string,
  options: ManifestOptions,
): Promise<Descriptor | undefined> {
  const { signal, access = 'pull', mountFrom } = options;
  const { response, asked, endpoint } = await sendMain(context, {
    ...{ method: 'HEAD', to: manifestPath(reference, context.name), access, mountFrom, signal },
    headers: { accept: ACCEPT_MANIFESTS },
    what: `HEAD of the manifest ${reference}`,
  });
  if (response.status === 404 || response.status === 403) {
    await response.cancel();
    return undefined;
  }
  if (response.status !== 200) throw await refusalError(response, asked);
  return describe(context, endpoint, reference, response, signal);
}

/** The descriptor that the headers give; where they lack something, the manifest itself is asked for. */
async function describe(
  context: Context,
  endpoint: Endpoint,
  reference: string,
  response: HttpResponse,
  signal: AbortSignal,
): Promise<Descriptor> {
  await response.cancel();
  const mediaType = response.header('content-type')?.replace(/;.*$/s, '').trim() ?? '';
  const said = response.header('docker-content-digest') ?? '';
  const digest = isDigest(reference) ? reference : said;
  const size = Number(response.header('content-length') ?? NaN);
  if (isDigest(reference) && said.startsWith('sha256:') && said !== reference)
    throw mismatch(context.name, reference, said);
  if (isManifestType(mediaType) && isDigest(digest) && Number.isSafeInteger(size) && size > 0)
    return { mediaType, digest, size };
  return (await getFrom(context, endpoint, reference, { signal })).descriptor;
}

/** See `ContentSource.resolve`. */
export async function resolveManifest(
  context: Context,
  reference: string,
  { signal }: ContentOptions,
): Promise<Descriptor> {
  return fromPlaces(context, reference, signal, async (endpoint) => {
    const what = `HEAD of the manifest ${reference}`;
    const request = { endpoint, what, access: 'pull', signal } as const;
    const response = await context.send({
      ...request,
      method: 'HEAD',
      to: manifestPath(reference, context.name),
      headers: { accept: ACCEPT_MANIFESTS },
    });
    if (response.status === 405) {
      await response.cancel();
      return (await getFrom(context, endpoint, reference, { signal })).descriptor;
    }
    await throwMissing(context, reference, response);
    if (response.status !== 200) throw await refusalError(response, request);
    return describe(context, endpoint, reference, response, signal);
  });
}

async function throwMissing(
  { name }: Context,
  reference: string,
  response: HttpResponse,
): Promise<void> {
  if (response.status !== 404) return;
  await response.cancel();
  throw mlcError('MLC6510', { name, reference });
}

/** Asks the mirrors in their order, then the registry, whose answer counts. */
async function fromPlaces<T>(
  context: Context,
  reference: string,
  signal: AbortSignal,
  ask: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const { pulls, mirrors } = await context.endpoints();
  for (const mirror of mirrors) {
    if (context.learnt.badMirrors.has(mirror.origin) || !mayGive(mirror, reference)) continue;
    try {
      return await ask(mirror);
    } catch (error) {
      signal.throwIfAborted();
      if (isMlcError(error) && error.code === 'MLC6513')
        context.learnt.badMirrors.add(mirror.origin);
      skipMirror(context, mirror, error);
    }
  }
  return ask(pulls);
}

/** See `Repository.getManifest`. */
export async function getManifest(
  context: Context,
  wanted: string | Descriptor,
  { signal }: ContentOptions,
): Promise<FetchedManifest> {
  const reference = typeof wanted === 'string' ? wanted : wanted.digest;
  return fromPlaces(context, reference, signal, async (endpoint) => {
    const found = await getFrom(context, endpoint, reference, { signal });
    if (typeof wanted === 'string') return found;
    if (found.bytes.byteLength !== wanted.size)
      throw mismatch(
        context.name,
        `${wanted.digest} of ${wanted.size} bytes`,
        `${found.bytes.byteLength} bytes`,
      );
    return { bytes: found.bytes, descriptor: wanted };
  });
}

/** What the registry itself holds under a tag or digest; undefined for nothing. */
export async function getOwnManifest(
  context: Context,
  reference: string,
  options: ManifestOptions,
): Promise<FetchedManifest | undefined> {
  const { main } = await context.endpoints();
  try {
    return await getFrom(context, main, reference, options);
  } catch (error) {
    if (isMlcError(error) && error.code === 'MLC6510') return undefined;
    throw error;
  }
}

async function getFrom(
  context: Context,
  endpoint: Endpoint,
  reference: string,
  { signal, access = 'pull', mountFrom }: ManifestOptions,
): Promise<FetchedManifest> {
  const { name } = context;
  const what = `GET of the manifest ${reference}`;
  const request = { endpoint, what, access, mountFrom, signal } as const;
  const response = await context.send({
    ...request,
    to: manifestPath(reference, name),
    headers: { accept: ACCEPT_MANIFESTS },
  });
  await throwMissing(context, reference, response);
  if (response.status !== 200) throw await refusalError(response, request);
  const bytes = await readCapped(response, LARGEST_MANIFEST);
  if (bytes === undefined)
    throw mlcError('MLC6512', { name, digest: reference, detail: 'it is larger than 4 MiB' });
  return checked(name, reference, response, bytes);
}

function checked(
  name: string,
  reference: string,
  response: HttpResponse,
  bytes: Uint8Array,
): FetchedManifest {
  const digest = digestOf(bytes);
  const said = isDigest(reference) ? reference : response.header('docker-content-digest');
  if (said?.startsWith('sha256:') === true && said !== digest) throw mismatch(name, said, digest);
  const links = parseManifest(bytes, name, digest);
  const mediaType = mediaTypeOf(response.header('content-type'), links, name, digest);
  return { bytes, descriptor: { mediaType, digest, size: bytes.byteLength } };
}
