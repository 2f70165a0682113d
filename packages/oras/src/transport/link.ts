import type { HttpResponse } from '@mlcontainer/plugin-kit';

import type { Asked } from './errors.ts';
import { protocolError } from './errors.ts';
import { givenAddress } from './transport.ts';

/** A list of more pages is one that does not end. */
export const PAGES = 1000;

/** The address of a page, and who named it. */
export interface Page {
  readonly url: string;
  readonly namedBy: string;
}

/**
 * The next page of a list (RFC 8288, `rel="next"`; distribution-spec, Listing Tags). Throws MLC6506 where it lies at
 * another origin, which would see what is asked of this one.
 */
export function nextPage(response: HttpResponse, asked: Asked): Page | undefined {
  const header = response.header('link')?.slice(0, 8192) ?? '';
  const target = /<([^<>]*)>[^<]*;\s*rel\s*=\s*"?next"?(?=\s*(?:[;,]|$))/i.exec(header)?.[1];
  if (target === undefined) return undefined;
  const page = givenAddress(response, target, asked);
  if (new URL(page.url).origin !== new URL(response.url).origin)
    throw protocolError(asked, 'its next page lies at another host');
  if (page.url === response.url) throw protocolError(asked, 'its next page is the same page');
  return page;
}
