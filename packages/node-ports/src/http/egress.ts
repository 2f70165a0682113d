import { mlcError } from '@mlcontainer/plugin-kit';

import { hostOf, portOf } from './address.ts';

/** One origin that was contacted. */
export interface EgressEntry {
  /** `https://host[:port]` */
  readonly origin: string;
  readonly purposes: readonly string[];
  readonly requests: number;
  /** Bytes of bodies received. */
  readonly received: number;
  /** Bytes of bodies sent, those of repeated attempts included. */
  readonly sent: number;
  /** The proxy's origin, where one was on the way. */
  readonly proxy?: string;
  /** The origin that named this one, where that is why it was allowed. */
  readonly namedBy?: string;
}

/** Who was contacted and who may be. */
export interface Egress {
  /** Throws MLC7006 where a list of allowed hosts is given and this one is not on it, nor named by one that is. */
  check(url: URL, purpose: string, namedBy: URL | undefined): void;
  /** From now on these and no others, besides those of earlier calls; and, over https, what their answers name. */
  allow(hosts: readonly string[]): void;
  /** Counts a request; what it gives counts bytes. */
  record(url: URL, purpose: string, proxy: URL | undefined): Counter;
  list(): readonly EgressEntry[];
}

/** Counts the bytes of bodies. */
export interface Counter {
  readonly received: (bytes: number) => void;
  readonly sent: (bytes: number) => void;
}

interface Mutable {
  readonly purposes: Set<string>;
  requests: number;
  received: number;
  sent: number;
  proxy?: string;
}

interface Allowed {
  /** Undefined allows all. */
  hosts: readonly string[] | undefined;
  /** Whether an allowed host may name others. */
  naming: boolean;
  /** Origin → the origin that named it. */
  readonly named: Map<string, string>;
}

/** An egress list. `allowed` holds `host`, `host:port`, `*.domain` or origins; undefined allows all. */
export function createEgress(allowed: readonly string[] | undefined): Egress {
  const seen = new Map<string, Mutable>();
  const state: Allowed = { hosts: allowed, naming: false, named: new Map() };
  return {
    check(url, purpose, namedBy) {
      if (isListed(state, url) || mayName(state, namedBy, url)) return;
      throw mlcError('MLC7006', { purpose, host: url.host, allowed: state.hosts ?? [] });
    },
    allow(hosts) {
      state.hosts = [...new Set([...(state.hosts ?? []), ...hosts])];
      state.naming = true;
    },
    record(url, purpose, proxy) {
      const entry = seen.get(url.origin) ?? {
        purposes: new Set(),
        requests: 0,
        received: 0,
        sent: 0,
      };
      seen.set(url.origin, entry);
      entry.purposes.add(purpose);
      entry.requests += 1;
      if (proxy !== undefined) entry.proxy = proxy.origin;
      return {
        received: (bytes) => void (entry.received += bytes),
        sent: (bytes) => void (entry.sent += bytes),
      };
    },
    list: () =>
      [...seen]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([origin, entry]) => toEntry(origin, entry, state.named.get(origin))),
  };
}

function toEntry(
  origin: string,
  { purposes, ...rest }: Mutable,
  namedBy: string | undefined,
): EgressEntry {
  const named = namedBy === undefined ? {} : { namedBy };
  return { origin, purposes: [...purposes].sort(), ...rest, ...named };
}

function isListed({ hosts }: Allowed, url: URL): boolean {
  return hosts === undefined || hosts.some((pattern) => isAllowed(pattern, url));
}

/** An allowed host may name others, and those further ones, over https; of itself also another port. */
function mayName(state: Allowed, from: URL | undefined, to: URL): boolean {
  if (!state.naming || from === undefined) return false;
  if (!isListed(state, from) && !state.named.has(from.origin)) return false;
  const isSafe = from.protocol === 'https:' && to.protocol === 'https:';
  if (!isSafe && hostOf(from) !== hostOf(to)) return false;
  state.named.set(to.origin, from.origin);
  return true;
}

function isAllowed(pattern: string, url: URL): boolean {
  if (pattern.includes('://')) return URL.parse(pattern)?.origin === url.origin;
  const { host, port } = splitHost(pattern.toLowerCase());
  if (port !== undefined && port !== portOf(url)) return false;
  return host.startsWith('*.') ? hostOf(url).endsWith(host.slice(1)) : hostOf(url) === host;
}

function splitHost(text: string): { host: string; port?: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  if (match === null) return { host: text };
  const host = match[1] ?? match[2] ?? '';
  return match[3] === undefined ? { host } : { host, port: Number(match[3]) };
}
