import { algorithmOf, digestOf, isDigest, looksLikeDigest } from '../digest.ts';
import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { isTag } from '../routes.ts';
import type { Repository, StoredManifest } from '../state.ts';
import { digestHeader, repositoryOf, type Context } from './context.ts';
import { putManifest } from './put-manifest.ts';

/** HEAD, GET, PUT and DELETE of a manifest, by digest or tag (distribution-spec, Pulling and Pushing Manifests). */
export async function manifest(context: Context): Promise<Reply> {
  const { call, route } = context;
  if (looksLikeDigest(route.reference) ? !isDigest(route.reference) : !isTag(route.reference))
    return route.reference.includes(':') ? refuse('DIGEST_INVALID') : refuse('MANIFEST_INVALID');
  if (call.method === 'PUT') return putManifest(context);
  const repository = repositoryOf(context);
  if (repository === undefined) return refuse('NAME_UNKNOWN');
  if (call.method === 'DELETE') return removed(context, repository);
  const found = find(repository, route.reference);
  if (found === undefined || !isAccepted(call.headers.accept, found.mediaType))
    return refuse('MANIFEST_UNKNOWN', { detail: { reference: route.reference } });
  return {
    status: 200,
    headers: {
      ...digestHeader(context, servedDigest(route.reference, found)),
      'content-type': found.mediaType,
      'content-length': String(found.bytes.byteLength),
      etag: `"${found.digest}"`,
    },
    body: found.bytes,
  };
}

function find({ manifests, tags }: Repository, reference: string): StoredManifest | undefined {
  return manifests.get(tags.get(reference) ?? reference);
}

/** A manifest is known by the digest that it was asked for, whatever its algorithm. */
function servedDigest(reference: string, { bytes, digest }: StoredManifest): string {
  return isDigest(reference) ? digestOf(bytes, algorithmOf(reference)) : digest;
}

/** Whether a client that sent this Accept header takes such a manifest; without one it takes any. */
function isAccepted(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined) return true;
  const ranges = accept.split(',').map((range) => range.split(';')[0]?.trim());
  return ['*/*', 'application/*', mediaType].some((type) => ranges.includes(type));
}

function removed({ profile, route }: Context, repository: Repository): Reply {
  if (!profile.deletes) return refuse('UNSUPPORTED');
  const { reference } = route;
  if (find(repository, reference) === undefined) return refuse('MANIFEST_UNKNOWN');
  if (!repository.tags.delete(reference)) {
    repository.manifests.delete(reference);
    for (const [tag, digest] of repository.tags)
      if (digest === reference) repository.tags.delete(tag);
  }
  return { status: 202, headers: { 'content-length': '0' } };
}
