import { describe, expect, it } from 'vitest';

import { follow } from './redirects.ts';
import type { Answer, Message } from './exchange.ts';
import { createEgress } from './egress.ts';
import { createResolver } from './resolver.ts';
import { mayLead, zoneOf, type Zone } from './zones.ts';

describe('zoneOf', () => {
  it.each<[string, Zone]>([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1::1', 'public'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'private'],
    ['2002:7f00:1::', 'private'],
    ['127.8.9.1', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['169.254.169.254', 'reserved'],
    ['fd00:ec2::254', 'reserved'],
    ['fe80::1%eth0', 'reserved'],
    ['0.0.0.0', 'reserved'],
    ['::', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
  ])('%s is %s', (address, zone) => expect(zoneOf(address)).toBe(zone));
});

describe('a redirect', () => {
  const addresses: Record<string, readonly string[]> = {
    'public.test': ['93.184.216.34'],
    'other.test': ['93.184.216.35', '2606:2800:220:1::1'],
    'company.test': ['10.0.0.1'],
    'mixed.test': ['93.184.216.34', '10.0.0.1'],
    'local.test': ['127.0.0.1'],
    'cloud.test': ['169.254.169.254'],
  };
  const lookup = (host: string) =>
    Promise.resolve(
      (addresses[host] ?? []).map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      })),
    );

  async function allowed(from: string, to: string, proxied = false): Promise<boolean> {
    const asked: string[] = [];
    const exchange = (message: Message): Promise<Answer> => {
      asked.push(message.url.host);
      const isFirst = asked.length === 1;
      return Promise.resolve({
        status: isFirst ? 302 : 200,
        headers: isFirst ? { location: `http://${to}/` } : {},
        body: { dump: () => Promise.resolve() },
        received: () => undefined,
      } as unknown as Answer);
    };
    const options = {
      exchange,
      egress: createEgress(undefined),
      resolver: createResolver(lookup),
      netrc: () => Promise.resolve(new Map<string, string>()),
      isProxied: () => proxied,
    };
    const signal = new AbortController().signal;
    const message = {
      method: 'GET' as const,
      headers: {},
      body: undefined,
      purpose: 'test',
      tls: {},
      proxy: undefined,
      namedBy: undefined,
      repeatable: undefined,
      redirect: 'follow' as const,
      netrc: true,
      signal,
    };
    const result = await follow(options, { ...message, url: new URL(`http://${from}/`) }).catch(
      (error: unknown) => error,
    );
    expect(asked.length).toBe(result instanceof Error ? 1 : 2);
    return !(result instanceof Error);
  }

  const TARGETS = [
    'other.test',
    'company.test',
    'mixed.test',
    'local.test',
    'cloud.test',
    '10.0.0.9',
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
  ];

  it.each([
    ['public.test', ['other.test']],
    ['company.test', ['other.test', 'company.test', 'mixed.test', '10.0.0.9']],
    ['local.test', TARGETS.filter((name) => name !== 'cloud.test' && !name.startsWith('169'))],
  ])('from %s leads outward only', async (from, expected) => {
    const found: string[] = [];
    for (const to of TARGETS) if (await allowed(from, to)) found.push(to);
    expect(found).toEqual(expected);
  });

  it('may stay on its host, wherever that is', async () => {
    expect(await allowed('cloud.test', 'cloud.test:81')).toBe(true);
    expect(await allowed('169.254.169.254', '169.254.169.254')).toBe(true);
  });

  it('behind a proxy is the proxy’s to judge, but for addresses', async () => {
    expect(await allowed('public.test', 'unknown.test', true)).toBe(true);
    expect(await allowed('public.test', '169.254.169.254', true)).toBe(false);
    expect(await allowed('public.test', '10.0.0.1', true)).toBe(false);
  });

  it('never leads to a reserved address', () => {
    for (const from of ['public', 'private', 'loopback', 'reserved'] as const)
      expect(mayLead(from, 'reserved')).toBe(false);
  });
});

describe('createResolver', () => {
  it('contacts the address that it judged, though the name changes', async () => {
    let asked = 0;
    const resolver = createResolver(() =>
      Promise.resolve([{ address: (asked += 1) === 1 ? '93.184.216.34' : '127.0.0.1', family: 4 }]),
    );
    expect(await resolver.zone('rebinding.test')).toBe('public');
    const address = await new Promise((resolve) =>
      resolver.lookup('rebinding.test', {}, (_error, found) => resolve(found)),
    );
    expect(address).toBe('93.184.216.34');
  });
});
