import { isDigest } from '../digest.ts';
import { json, type Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import type { Repository, StoredManifest } from '../state.ts';
import { repositoryOf, type Context } from './context.ts';
import { nextLink, pageOf } from './pages.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

interface ReferrerDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** GET of the manifests that have this one as their subject (distribution-spec, Listing Referrers). */
export async function referrers(context: Context): Promise<Reply> {
  const { call, route, profile } = context;
  if (!profile.referrers) return { status: 404, headers: { 'content-type': 'text/plain' } };
  if (call.method !== 'GET') return refuse('UNSUPPORTED');
  if (!isDigest(route.reference)) return refuse('DIGEST_INVALID');
  const type = profile.filtersReferrers ? call.query.get('artifactType') : null;
  const all = descriptorsOf(repositoryOf(context), route.reference).filter(
    ({ artifactType }) => type === null || artifactType === type,
  );
  const after = call.query.get('after') ?? '';
  const page = pageOf(all, ({ digest }) => digest > after, profile.referrersPage);
  const more = page.last === undefined ? {} : { link: linkTo(context, page.last.digest) };
  const filtered = type === null ? {} : { 'oci-filters-applied': 'artifactType' };
  return json(
    200,
    { schemaVersion: 2, mediaType: INDEX, manifests: page.items },
    { 'content-type': INDEX, ...more, ...filtered },
  );
}

function linkTo({ call }: Context, after: string): string {
  const type = call.query.get('artifactType');
  return nextLink(call.path, { ...(type === null ? {} : { artifactType: type }), after });
}

function descriptorsOf(
  repository: Repository | undefined,
  subject: string,
): readonly ReferrerDescriptor[] {
  return [...(repository?.manifests.values() ?? [])]
    .filter((manifest) => manifest.subject === subject)
    .map(descriptorOf)
    .sort((left, right) => (left.digest < right.digest ? -1 : 1));
}

function descriptorOf({ bytes, mediaType, digest }: StoredManifest): ReferrerDescriptor {
  const { artifactType, annotations, config } = JSON.parse(Buffer.from(bytes).toString()) as {
    artifactType?: string;
    annotations?: Record<string, string>;
    config?: { mediaType?: string };
  };
  // An empty one counts as missing; then an image has that of its config, and an index has none.
  const type = artifactType === undefined || artifactType === '' ? config?.mediaType : artifactType;
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(type === undefined ? {} : { artifactType: type }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
