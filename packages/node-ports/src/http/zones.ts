import { BlockList, isIP } from 'node:net';

/**
 * How far an address reaches, from everywhere to this machine only. `reserved` is what no server has: link-local
 * addresses (where clouds serve their machines' credentials), unspecified, multicast and broadcast.
 */
export type Zone = 'public' | 'private' | 'loopback' | 'reserved';

type Family = 'ipv4' | 'ipv6';
type Range = readonly [network: string, prefix: number, family: Family];

/** IANA special-purpose address registries (RFC 6890); translation prefixes count as private, as they embed any address. */
const RANGES: Readonly<Record<Exclude<Zone, 'public'>, readonly Range[]>> = {
  private: [
    ['10.0.0.0', 8, 'ipv4'],
    ['172.16.0.0', 12, 'ipv4'],
    ['192.168.0.0', 16, 'ipv4'],
    ['100.64.0.0', 10, 'ipv4'],
    ['192.0.0.0', 24, 'ipv4'],
    ['198.18.0.0', 15, 'ipv4'],
    ['fc00::', 7, 'ipv6'],
    ['fec0::', 10, 'ipv6'],
    ['64:ff9b::', 96, 'ipv6'],
    ['64:ff9b:1::', 48, 'ipv6'],
    ['2001::', 32, 'ipv6'],
    ['2002::', 16, 'ipv6'],
  ],
  loopback: [
    ['127.0.0.0', 8, 'ipv4'],
    ['::1', 128, 'ipv6'],
  ],
  reserved: [
    ['0.0.0.0', 8, 'ipv4'],
    ['169.254.0.0', 16, 'ipv4'],
    ['224.0.0.0', 3, 'ipv4'],
    ['::', 128, 'ipv6'],
    ['fe80::', 10, 'ipv6'],
    ['ff00::', 8, 'ipv6'],
    ['fd00:ec2::254', 128, 'ipv6'],
  ],
};

/** Made for the first address that is looked at: many runs reach no network. */
const listsOnce = once(() =>
  (['reserved', 'loopback', 'private'] as const).map((zone): readonly [Zone, BlockList] => [
    zone,
    listOf(RANGES[zone]),
  ]),
);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

/** The zone of an IP address; IPv4-mapped IPv6 addresses count as the IPv4 address inside. */
export function zoneOf(address: string): Zone {
  const bare = address.replace(/%.*$/, '');
  const family: Family = isIP(bare) === 6 ? 'ipv6' : 'ipv4';
  return listsOnce().find(([, list]) => list.check(bare, family))?.[0] ?? 'public';
}

const REACH: readonly Zone[] = ['public', 'private', 'loopback', 'reserved'];

/** The zone with the least reach. */
export function innermost(zones: readonly Zone[]): Zone {
  return zones.reduce(
    (inner, zone) => (REACH.indexOf(zone) > REACH.indexOf(inner) ? zone : inner),
    'public',
  );
}

/** Whether a redirect may lead from a host in one zone to another host in the other: never inward. */
export function mayLead(from: Zone, to: Zone): boolean {
  return to !== 'reserved' && REACH.indexOf(to) <= REACH.indexOf(from);
}
