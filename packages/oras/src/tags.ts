import type { ContentOptions } from './content.ts';
import { sendMain, type Context } from './context.ts';
import { member, parseJson, readCapped } from './transport/body.ts';
import { protocolError, refusalError } from './transport/errors.ts';
import { nextPage, PAGES, type Page } from './transport/link.ts';
import { isTag } from './reference.ts';

const LIMIT = 16 * 1024 * 1024;

/** See `ContentSource.tags` (distribution-spec, Listing Tags). A repository that is not there has none. */
export async function* listTags(
  context: Context,
  { signal }: ContentOptions,
): AsyncGenerator<string, void> {
  let to: Page | string = '/tags/list?n=1000';
  for (let page = 1; ; page += 1) {
    const { tags, next } = await readPage(context, to, signal);
    yield* tags;
    if (next === undefined) return;
    if (page >= PAGES) {
      const { main: endpoint } = await context.endpoints();
      throw protocolError({ endpoint, what: 'the list of tags' }, 'it does not end');
    }
    to = next;
  }
}

async function readPage(
  context: Context,
  to: Page | string,
  signal: AbortSignal,
): Promise<{ tags: readonly string[]; next: Page | undefined }> {
  const request = { to, signal, access: 'pull', what: 'the list of tags' } as const;
  const { response, asked } = await sendMain(context, request);
  if (response.status === 404) {
    await response.cancel();
    return { tags: [], next: undefined };
  }
  if (response.status !== 200) throw await refusalError(response, asked);
  const next = nextPage(response, asked);
  const bytes = await readCapped(response, LIMIT);
  const list = bytes === undefined ? undefined : member(parseJson(bytes), 'tags');
  // An empty list is null where the registry is written in Go.
  if (list === null) return { tags: [], next };
  if (!Array.isArray(list)) throw protocolError(asked, 'the answer holds no list');
  return { tags: list.filter((tag) => typeof tag === 'string' && isTag(tag)) as string[], next };
}
