import { algorithmOf, digestOf, isDigest } from '../digest.ts';
import { readAtMost, type Reply } from '../exchange.ts';
import { refuse, refuseMissing } from '../refusal.ts';
import { isTag } from '../routes.ts';
import { commitManifest } from '../state.ts';
import { digestHeader, locationOf, repositoryOf, type Context } from './context.ts';
import { manifestForm, type ManifestForm, type Reference } from './manifest-form.ts';

/** PUT of a manifest: its type, its digest and its parts are checked, and its very bytes are kept. */
export async function putManifest(context: Context): Promise<Reply> {
  const { call, route, profile } = context;
  const bytes = await readAtMost(call.body, profile.manifestLimit);
  if (bytes === undefined) return refuse('SIZE_INVALID', { status: 413 });
  const contentType = call.headers['content-type']?.split(';')[0]?.trim();
  if (contentType === undefined) return refuse('MANIFEST_INVALID', { message: 'no Content-Type' });
  const form = manifestForm(bytes, contentType);
  if (typeof form === 'string') return refuse('MANIFEST_INVALID', { message: form });
  const digest = isDigest(route.reference)
    ? digestOf(bytes, algorithmOf(route.reference))
    : digestOf(bytes);
  if (isDigest(route.reference) && digest !== route.reference) return refuse('DIGEST_INVALID');
  return refusedParts(context, form) ?? kept(context, { bytes, contentType, digest, form });
}

function refusedParts(context: Context, { references }: ManifestForm): Reply | undefined {
  if (!context.profile.checksReferences) return undefined;
  const missing = references.filter((reference) => sizeOf(context, reference) === undefined);
  if (missing.length > 0) return refuseMissing(missing.map(({ digest }) => digest));
  const wrong = references.find((reference) => sizeOf(context, reference) !== reference.size);
  return wrong === undefined
    ? undefined
    : refuse('SIZE_INVALID', { detail: { digest: wrong.digest, size: wrong.size } });
}

function sizeOf(context: Context, { digest, kind }: Reference): number | undefined {
  const repository = repositoryOf(context);
  return kind === 'blob'
    ? repository?.blobs.get(digest)?.size
    : repository?.manifests.get(digest)?.bytes.byteLength;
}

interface Checked {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly digest: string;
  readonly form: ManifestForm;
}

function kept(context: Context, { bytes, contentType, digest, form }: Checked): Reply {
  const { state, route, profile, call } = context;
  const byDigest = isDigest(route.reference);
  const more = byDigest && profile.tagParameters ? call.query.getAll('tag') : [];
  if (!more.every(isTag)) return refuse('MANIFEST_INVALID', { message: 'a tag has a wrong form' });
  const { subject } = form;
  commitManifest(
    state,
    route.repository,
    { digest, mediaType: contentType, bytes, ...(subject === undefined ? {} : { subject }) },
    byDigest ? more : [route.reference],
  );
  return {
    status: 201,
    headers: {
      location: locationOf(context, `/v2/${route.repository}/manifests/${digest}`),
      'content-length': '0',
      ...digestHeader(context, digest),
      ...(subject !== undefined && profile.referrers ? { 'oci-subject': subject } : {}),
      ...(more.length > 0 ? { 'oci-tag': more.join(', ') } : {}),
    },
  };
}
