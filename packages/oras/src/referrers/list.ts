import { MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';

import type { ReferrersOptions } from '../content.ts';
import { sendMain, type Context } from '../context.ts';
import { LARGEST_MANIFEST, parseManifest } from '../manifest/parse.ts';
import { readCapped } from '../transport/body.ts';
import { protocolError, refusalError } from '../transport/errors.ts';
import { nextPage, PAGES, type Page } from '../transport/link.ts';
import { listByTag } from './fallback.ts';

/** See `ContentSource.referrers`: the API (distribution-spec, Listing Referrers), or where there is none the tag schema. */
export async function listReferrers(
  context: Context,
  subject: Descriptor,
  { signal, artifactType }: ReferrersOptions,
): Promise<readonly Descriptor[]> {
  const list =
    (await listByApi(context, subject, artifactType, signal)) ??
    (await listByTag(context, subject, signal));
  // A registry may filter, but need not.
  return artifactType === undefined
    ? list
    : list.filter((entry) => entry.artifactType === artifactType);
}

/** Whether the registry lists referrers itself. */
export async function hasReferrersApi(
  context: Context,
  subject: Pick<Descriptor, 'digest'>,
  signal: AbortSignal,
): Promise<boolean> {
  return (await listByApi(context, subject, undefined, signal)) !== undefined;
}

async function listByApi(
  context: Context,
  { digest }: Pick<Descriptor, 'digest'>,
  artifactType: string | undefined,
  signal: AbortSignal,
): Promise<readonly Descriptor[] | undefined> {
  const query =
    artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  let to: Page | string = `/referrers/${digest}${query}`;
  const found = new Map<string, Descriptor>();
  for (let page = 1; ; page += 1) {
    const { list, next } = await readPage(context, to, signal, page === 1);
    if (list === undefined) return undefined;
    for (const entry of list) found.set(entry.digest, entry);
    if (next === undefined) return [...found.values()];
    if (page >= PAGES) {
      const { pulls: endpoint } = await context.endpoints();
      throw protocolError({ endpoint, what: 'the list of referrers' }, 'it does not end');
    }
    to = next;
  }
}

/** Statuses of registries that do not know the API. */
const UNKNOWN: ReadonlySet<number> = new Set([404, 405, 501]);

async function readPage(
  context: Context,
  to: Page | string,
  signal: AbortSignal,
  isFirst: boolean,
): Promise<{ list: readonly Descriptor[] | undefined; next?: Page | undefined }> {
  const { response, asked } = await sendMain(context, {
    ...{ to, signal, access: 'pull', what: 'the list of referrers' },
    headers: { accept: MEDIA_TYPES.index },
  });
  const isIndex = response.header('content-type')?.startsWith(MEDIA_TYPES.index) === true;
  // Some answer a page for people to every address that they do not know.
  if (isFirst && (UNKNOWN.has(response.status) || (response.status === 200 && !isIndex))) {
    await response.cancel();
    return { list: undefined };
  }
  if (response.status !== 200) throw await refusalError(response, asked);
  const next = nextPage(response, asked);
  const bytes = await readCapped(response, LARGEST_MANIFEST);
  if (bytes === undefined) throw protocolError(asked, 'a page is larger than 4 MiB');
  return { list: parseManifest(bytes, context.name, 'referrers').manifests, next };
}
