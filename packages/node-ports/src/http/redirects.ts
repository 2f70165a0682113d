import { isIP } from 'node:net';

import { mlcError } from '@mlcontainer/plugin-kit';

import { describeUrl, hostOf, parseAddress } from './address.ts';
import { discard, headerOf, type Answer, type Exchange, type Message } from './exchange.ts';
import type { Netrc } from './netrc.ts';
import type { Egress } from './egress.ts';
import type { Resolver } from './resolver.ts';
import { mayLead, zoneOf } from './zones.ts';

const LIMIT = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that carry no credential; the others stay with the origin that they were meant for. */
const PORTABLE: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'content-length',
  'content-range',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'user-agent',
]);

export interface FollowOptions {
  readonly exchange: Exchange;
  readonly egress: Egress;
  readonly resolver: Resolver;
  readonly netrc: () => Promise<Netrc>;
  /** Whether a name is resolved by a proxy, so that its address is not ours to judge. */
  readonly isProxied: (url: URL, proxy: string | undefined) => boolean;
}

/** The answer at the end of the redirects, and the address that gave it. */
export interface Followed {
  readonly answer: Answer;
  readonly url: URL;
}

/** Sends a message and follows redirects. Throws MLC7007 for one that is refused, MLC7006 for a host that is not allowed. */
export async function follow(options: FollowOptions, first: Message): Promise<Followed> {
  let message = first;
  for (let hops = 0; ; hops += 1) {
    options.egress.check(message.url, message.purpose, message.namedBy);
    const answer = await options.exchange(message);
    const location = REDIRECTS.has(answer.status) ? headerOf(answer, 'location') : undefined;
    if (location === undefined || message.redirect === 'manual')
      return { answer, url: message.url };
    await discard(answer);
    message = await nextMessage(options, message, location, answer.status, hops);
  }
}

async function nextMessage(
  options: FollowOptions,
  message: Message,
  location: string,
  status: number,
  hops: number,
): Promise<Message> {
  const { url } = parseAddress(location, message.purpose, message.url);
  if (hops >= LIMIT)
    throw refused(message.purpose, message.url, url, `more than ${LIMIT} redirects`);
  await checkLead(options, message.url, url, message);
  const moved = { ...message, url, namedBy: message.url };
  if (url.origin === message.url.origin)
    return { ...moved, ...changedMethod(message, status, message.headers) };
  const headers = await carriedHeaders(options, message, url);
  const tls = { caFile: message.tls.caFile };
  return { ...moved, ...changedMethod(message, status, headers), tls };
}

/**
 * Checks an address that a server named, by a redirect or in any other way: it may not lead from https to http, nor
 * to another host in a more private network. Throws MLC7007.
 */
export async function checkLead(
  options: FollowOptions,
  from: URL,
  to: URL,
  { purpose, proxy }: { readonly purpose: string; readonly proxy?: string | undefined },
): Promise<void> {
  const reason = await refusal(options, from, to, proxy);
  if (reason !== undefined) throw refused(purpose, from, to, reason);
}

function refused(purpose: string, from: URL, to: URL, reason: string): Error {
  const [url, location] = [describeUrl(from), describeUrl(to)];
  return mlcError('MLC7007', { purpose, url, location, reason });
}

async function refusal(
  { resolver, isProxied }: FollowOptions,
  from: URL,
  to: URL,
  proxy: string | undefined,
): Promise<string | undefined> {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return `the scheme ${to.protocol}`;
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'it leads from https to http';
  const [source, target] = [hostOf(from), hostOf(to)];
  if (source === target) return undefined;
  const literal = isIP(target) > 0;
  if (isProxied(to, proxy) && !literal) return undefined;
  const fromZone =
    isProxied(from, proxy) && isIP(source) === 0 ? 'public' : await resolver.zone(source);
  const toZone = literal ? zoneOf(target) : await resolver.zone(target);
  return mayLead(fromZone, toZone)
    ? undefined
    : `it leads from a ${fromZone} to a ${toZone} address`;
}

/**
 * What another origin gets: no header that may carry a credential; its own netrc entry, but not in the clear,
 * since it was the first server that chose the scheme.
 */
async function carriedHeaders(
  { netrc }: FollowOptions,
  message: Message,
  to: URL,
): Promise<Record<string, string>> {
  const kept = Object.entries(message.headers).filter(([name]) => PORTABLE.has(name));
  const asked = message.netrc && to.protocol === 'https:';
  const login = asked ? (await netrc()).get(hostOf(to)) : undefined;
  return {
    ...Object.fromEntries(kept),
    ...(login === undefined ? {} : { authorization: basic(login) }),
  };
}

/** The Basic scheme (RFC 7617), in UTF-8. */
export function basic(userInfo: string): string {
  return `Basic ${Buffer.from(userInfo, 'utf8').toString('base64')}`;
}

/** RFC 9110, section 15.4: 303 turns into GET, and so do 301 and 302 for POST, as all clients do. */
function changedMethod(
  { method, body }: Message,
  status: number,
  headers: Readonly<Record<string, string>>,
): Pick<Message, 'method' | 'body' | 'headers'> {
  const becomesGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST');
  if (!becomesGet) return { method, body, headers };
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('content-'));
  return { method: 'GET', body: undefined, headers: Object.fromEntries(kept) };
}
