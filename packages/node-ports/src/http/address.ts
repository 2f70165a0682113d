import { mlcError } from '@mlcontainer/plugin-kit';

/** An address that was checked, with its credentials taken out. */
export interface Address {
  /** Without user name and password. */
  readonly url: URL;
  /** `user:password` of the URL, percent-decoded. */
  readonly userInfo?: string;
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'file:']);

/** Parses an address (WHATWG URL). Throws MLC7016 where it is none that can be fetched. */
export function parseAddress(text: string, purpose: string, base?: URL): Address {
  const url = URL.parse(text, base?.href);
  if (url === null) throw badAddress(purpose, withoutUserInfo(text), 'not a URL');
  if (!SCHEMES.has(url.protocol))
    throw badAddress(purpose, describeUrl(url), `the scheme ${url.protocol}`);
  return splitUserInfo(url);
}

function badAddress(purpose: string, url: string, detail: string): Error {
  return mlcError('MLC7016', { purpose, url, detail });
}

function splitUserInfo(url: URL): Address {
  if (url.username === '' && url.password === '') return { url };
  const userInfo = `${decode(url.username)}:${decode(url.password)}`;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return { url: bare, userInfo };
}

/** Percent-decodes; text that is no valid encoding stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An address for a message: no credentials, and no query, where signed addresses carry theirs. */
export function describeUrl(url: URL): string {
  const { protocol, host, pathname, search } = url;
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}

function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//').replace(/\?.*$/s, '?…');
}

/** The name or address of a host as sockets take it: IPv6 without brackets, no dot at the end, lower case. */
export function hostOf(url: URL): string {
  return url.hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** The port, also where it is the scheme's own. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
