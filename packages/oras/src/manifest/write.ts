import type { Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';

import { mismatch, verified } from '../blob/verified.ts';
import type { Content, ContentOptions } from '../content.ts';
import { expectStatus, sendMain, type Context } from '../context.ts';
import { addReferrer, removeReferrer } from '../referrers/fallback.ts';
import { isDigest } from '../reference.ts';
import { member } from '../transport/body.ts';
import { readRefusal, toError, type Refusal } from '../transport/errors.ts';
import { LARGEST_MANIFEST, parseManifest, type ManifestLinks } from './parse.ts';
import { getOwnManifest, manifestPath } from './read.ts';

/** All of a manifest's bytes, checked against its descriptor. Throws MLC6512, MLC6513. */
export async function manifestBytes(
  { descriptor, open }: Content,
  name: string,
): Promise<Uint8Array> {
  const { size, digest } = descriptor;
  if (size > LARGEST_MANIFEST)
    throw mlcError('MLC6512', { name, digest, detail: 'it is larger than 4 MiB' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of verified(open(), descriptor, name)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** See `Repository.putManifest`. */
export async function putManifest(
  context: Context,
  content: Content,
  tag: string | undefined,
  options: ContentOptions,
): Promise<void> {
  const { descriptor } = content;
  const bytes = await manifestBytes(content, context.name);
  const links = parseManifest(bytes, context.name, descriptor.digest);
  const reference = tag ?? descriptor.digest;
  const { response, asked } = await sendMain(context, {
    ...{ method: 'PUT', to: manifestPath(reference, context.name), body: bytes, access: 'push' },
    headers: { 'content-type': descriptor.mediaType, 'content-length': String(bytes.byteLength) },
    what: `PUT of the manifest ${reference}`,
    signal: options.signal,
  });
  if (response.status >= 400) throw refused(context, await readRefusal(response), asked);
  await expectStatus(response, asked, 201, 200, 202, 204);
  const said = response.header('docker-content-digest');
  if (said?.startsWith('sha256:') === true && said !== descriptor.digest)
    throw mismatch(context.name, descriptor.digest, said);
  if (links.subject !== undefined && response.header('oci-subject') === undefined)
    await addReferrer(context, links.subject, referrerOf(descriptor, links), options);
}

const PARTS: ReadonlySet<string> = new Set(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN']);

function refused(context: Context, refusal: Refusal, asked: Parameters<typeof toError>[1]): Error {
  const parts = refusal.errors.filter(
    ({ code, detail }) => PARTS.has(code) || (code === 'MANIFEST_UNKNOWN' && digestIn(detail)),
  );
  if (parts.length === 0) return toError(refusal, asked);
  const missing = parts.map(({ detail, message }) => digestIn(detail) ?? message);
  return mlcError('MLC6522', { name: context.name, missing: [...new Set(missing)] });
}

/** The digest that an error's `detail` names, as registries do in several forms. */
function digestIn(detail: unknown): string | undefined {
  const named = member(detail, 'digest') ?? member(detail, 'Digest') ?? detail;
  return typeof named === 'string' && isDigest(named) ? named : undefined;
}

/** How an index of referrers lists a manifest (distribution-spec, Pushing manifests with subject). */
function referrerOf({ mediaType, digest, size }: Descriptor, links: ManifestLinks): Descriptor {
  const artifactType = links.artifactType ?? links.config?.mediaType;
  return {
    ...{ mediaType, digest, size },
    ...(links.annotations !== undefined && { annotations: links.annotations }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

/** See `ContentTarget.tag`. */
export async function tagManifest(
  context: Context,
  manifest: Descriptor,
  tag: string,
  options: ContentOptions,
): Promise<void> {
  const { digest } = manifest;
  const found = await getOwnManifest(context, digest, { signal: options.signal });
  if (found === undefined) throw mlcError('MLC6510', { name: context.name, reference: digest });
  const { bytes } = found;
  async function* open() {
    yield bytes;
  }
  await putManifest(context, { descriptor: found.descriptor, open }, tag, options);
}

/** See `Repository.deleteManifest`. */
export async function deleteManifest(
  context: Context,
  digest: Descriptor['digest'],
  options: ContentOptions,
): Promise<void> {
  const { signal } = options;
  const found = await getOwnManifest(context, digest, { signal });
  if (found === undefined) throw mlcError('MLC6510', { name: context.name, reference: digest });
  const { response, asked } = await sendMain(context, {
    ...{ method: 'DELETE', to: manifestPath(digest, context.name), access: 'delete', signal },
    what: `DELETE of the manifest ${digest}`,
  });
  await expectStatus(response, asked, 202, 200, 204, 404);
  const { subject } = parseManifest(found.bytes, context.name, digest);
  if (subject !== undefined) await removeReferrer(context, subject, digest, options);
}
