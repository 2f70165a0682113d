import { json, type Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { repositoryOf, type Context } from './context.ts';
import { nextLink, pageOf } from './pages.ts';

/** GET of the list of tags, in pages (distribution-spec, Listing Tags). */
export async function tags(context: Context): Promise<Reply> {
  const { call, route, profile } = context;
  if (call.method !== 'GET') return refuse('UNSUPPORTED');
  const repository = repositoryOf(context);
  if (repository === undefined) return refuse('NAME_UNKNOWN');
  const asked = call.query.get('n');
  if (asked !== null && !/^\d{1,9}$/.test(asked))
    return refuse('UNSUPPORTED', { status: 400, message: 'n is no number' });
  const limit = Math.min(asked === null ? profile.tagsPage : Number(asked), profile.tagsPage);
  const last = call.query.get('last') ?? '';
  const names = [...repository.tags.keys()].sort(byBytes);
  const page = pageOf(names, (name) => byBytes(name, last) > 0, limit);
  const link =
    page.last === undefined || limit === 0
      ? {}
      : { link: nextLink(call.path, { n: String(limit), last: page.last }) };
  return json(200, { name: route.repository, tags: page.items }, link);
}

/** As Go's `sort.Strings` has it; tags are ASCII. */
function byBytes(left: string, right: string): number {
  return Number(left > right) - Number(left < right);
}
