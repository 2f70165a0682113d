import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import { monotonic } from '../clock.ts';
import { innermost, zoneOf, type Zone } from './zones.ts';

/** Names to addresses, remembered for a while, so that the address that was judged is the one that is contacted. */
export interface Resolver {
  zone(host: string): Promise<Zone>;
  /** For sockets. */
  readonly lookup: LookupFunction;
}

const KEEP_MS = 60_000;
/** The code of the error for a name that leads to no address that a server may have. */
export const LINK_LOCAL = 'MLC_LINK_LOCAL';

interface Known {
  readonly until: number;
  readonly addresses: Promise<readonly LookupAddress[]>;
}

/** All addresses of a host name, in the order of preference. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/** A resolver over the system's own (`getaddrinfo`). */
export function createResolver(resolve: Lookup = resolveHost): Resolver {
  const known = new Map<string, Known>();
  const addresses = (host: string): Promise<readonly LookupAddress[]> => {
    const held = known.get(host);
    if (held !== undefined && held.until > monotonic()) return held.addresses;
    const fresh = { until: monotonic() + KEEP_MS, addresses: resolve(host) };
    known.set(host, fresh);
    fresh.addresses.catch(() => known.delete(host));
    return fresh.addresses;
  };
  return {
    zone: async (host) =>
      isIP(host) > 0
        ? zoneOf(host)
        : innermost((await addresses(host)).map(({ address }) => zoneOf(address))),
    lookup: lookupFunction(addresses),
  };
}

function resolveHost(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
}

function lookupFunction(addresses: Lookup): LookupFunction {
  return (host, options, callback) => {
    addresses(host).then(
      (found) => {
        const usable = found.filter(({ address }) => zoneOf(address) !== 'reserved');
        const wanted = usable.filter(({ family }) => !options.family || family === options.family);
        const [first] = wanted;
        if (first === undefined)
          callback(usable.length < found.length ? linkLocal(host) : notFound(host), '', 0);
        else if (options.all) callback(null, [...wanted]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

/** Clouds serve credentials at such addresses; who means one writes the address itself, which asks no name server. */
function linkLocal(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} stands for a link-local or reserved address`), {
    code: LINK_LOCAL,
  });
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
  });
}
