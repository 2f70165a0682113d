/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** What comes after it; undefined at the end. */
  readonly last: Item | undefined;
}

/** The items after one, at most so many. */
export function pageOf<Item>(
  items: readonly Item[],
  after: (item: Item) => boolean,
  limit: number,
): Page<Item> {
  const rest = items.filter(after);
  const page = rest.slice(0, limit);
  return { items: page, last: rest.length > page.length ? page.at(-1) : undefined };
}

/** The Link header to the next page (RFC 8288). */
export function nextLink(path: string, query: Readonly<Record<string, string>>): string {
  return `<${path}?${new URLSearchParams(query).toString()}>; rel="next"`;
}
