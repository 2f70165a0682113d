import { mlcError } from '@mlcontainer/plugin-kit';

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const UNCLEAN = /[\x00-\x1f\x7f\\]/;

/**
 * Why a title is no path inside a folder: ORAS uses titles as relative, `/`-separated paths, and they are foreign
 * input. Undefined where it is one.
 */
export function titleFault(title: string): string | undefined {
  if (title === '') return 'empty';
  if (!title.isWellFormed()) return 'not valid Unicode';
  if (UNCLEAN.test(title)) return 'control characters or backslashes';
  if (/^[A-Za-z]:/.test(title)) return 'a drive';
  const parts = title.split('/');
  if (parts[0] === '') return 'absolute';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return 'empty parts, . or .. in it';
  }
  return parts.some((part) => Buffer.byteLength(part) > 255) ? 'a part is too long' : undefined;
}

/** Checks that titles are paths that can all be there at once. Throws MLC6531. */
export function checkTitles(titles: readonly string[]): void {
  const all = new Set<string>();
  for (const title of titles) {
    const fault = titleFault(title);
    if (fault !== undefined) throw unsafe(title, fault);
    if (all.has(title)) throw unsafe(title, 'it is there twice');
    all.add(title);
  }
  for (const title of titles) {
    const parts = title.split('/');
    const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    const other = above.find((path) => all.has(path));
    if (other !== undefined) throw unsafe(title, `it is inside ${other}, another part`);
  }
}

/** The error for a part that would leave its place. */
export function unsafe(title: string, detail: string, cause?: unknown): Error {
  return mlcError('MLC6531', { title, detail }, cause === undefined ? {} : { cause });
}

/**
 * Whether the target of a link that stands in `folder` (relative, `''` for the top) stays inside. Only leading `..`
 * are taken: behind another link, `..` would not lead to where the text says.
 */
export function staysInside(folder: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || UNCLEAN.test(target)) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const climbs = parts.findIndex((part) => part !== '..');
  const up = climbs < 0 ? parts.length : climbs;
  if (parts.slice(up).includes('..')) return false;
  return up <= (folder === '' ? 0 : folder.split('/').length);
}
