import { BlockList, isIP } from 'node:net';

import { variable, type Environment } from '../environment.ts';
import { hostOf, portOf } from './address.ts';
import { zoneOf } from './zones.ts';

/**
 * The proxy for an address, by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, the lower-case names first. This
 * machine itself is never asked for through a proxy, as in Go's net/http; nor are its link-local neighbours, where a
 * proxy would show its own credentials. `otherwise` is used where no variable names a proxy.
 */
export function proxyFor(url: URL, env: Environment, otherwise?: string): URL | undefined {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'];
  const text = variable(env, ...names) ?? otherwise;
  if (
    text === undefined ||
    isLocal(hostOf(url)) ||
    isExcluded(url, variable(env, 'no_proxy', 'NO_PROXY') ?? '')
  ) {
    return undefined;
  }
  return URL.parse(text.includes('://') ? text : `http://${text}`) ?? undefined;
}

function isLocal(host: string): boolean {
  if (isIP(host) > 0) return zoneOf(host) === 'loopback' || zoneOf(host) === 'reserved';
  return host === 'localhost' || host.endsWith('.localhost');
}

/** NO_PROXY: names and their subdomains, `*`, addresses, CIDR networks; each with an optional port. */
export function isExcluded(url: URL, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .some((item) => matches(item, hostOf(url), portOf(url)));
}

function matches(item: string, host: string, port: number): boolean {
  if (item === '*') return true;
  const { name, port: wanted } = splitPort(item.toLowerCase());
  if (wanted !== undefined && wanted !== port) return false;
  if (name.includes('/')) return isInNetwork(host, name);
  if (isIP(host) > 0)
    return isIP(name) > 0 && isInNetwork(host, `${name}/${isIP(name) === 6 ? 128 : 32}`);
  const suffix = name.replace(/^\*?\.?/, '').replace(/\.$/, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function splitPort(item: string): { name: string; port?: number } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(item);
  if (bracketed !== null) return withPort(bracketed[1] ?? '', bracketed[2]);
  const parts = item.split(':');
  return parts.length === 2 ? withPort(parts[0] ?? '', parts[1]) : { name: item };
}

function withPort(name: string, port: string | undefined): { name: string; port?: number } {
  return port === undefined ? { name } : { name, port: Number(port) };
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix = ''] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(host) === 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
