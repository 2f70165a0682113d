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
}

/** Who was contacted and who may be. */
export interface Egress {
  /** Throws MLC7006 where a list of allowed hosts is given and this one is not on it. */
  check(url: URL, purpose: string): void;
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

/** An egress list. `allowed` holds `host`, `host:port`, `*.domain` or origins; undefined allows all. */
export function createEgress(allowed: readonly string[] | undefined): Egress {
  const seen = new Map<string, Mutable>();
  return {
    check(url, purpose) {
      if (allowed === undefined || allowed.some((pattern) => isAllowed(pattern, url))) return;
      throw mlcError('MLC7006', { purpose, host: url.host, allowed });
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
        .map(([origin, entry]) => toEntry(origin, entry)),
  };
}

function toEntry(origin: string, { purposes, ...rest }: Mutable): EgressEntry {
  return { origin, purposes: [...purposes].sort(), ...rest };
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
