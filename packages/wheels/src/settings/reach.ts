import type { HttpRequest } from '@mlcontainer/plugin-kit';
import { addressOf } from './secret.ts';
import type { PythonSettings } from './settings.ts';

/** What pip's and uv's settings say of reaching one address. */
export type Reach = Pick<HttpRequest, 'caFile' | 'clientCert' | 'insecure' | 'proxy'>;

/**
 * CA file and proxy for all addresses; verification off for the very hosts of `trusted-host` (pip) and
 * `UV_INSECURE_HOST`; the client certificate for the origins of the configured places alone, not for wherever their
 * pages lead.
 */
export function reach(settings: PythonSettings, address: string): Reach {
  const { caFile, clientCert, proxy } = settings;
  const url = URL.parse(address);
  if (url === null) return {};
  // pip's file holds certificate and key.
  const both = clientCert && { certFile: clientCert.value, keyFile: clientCert.value };
  return {
    ...(caFile === undefined ? {} : { caFile: caFile.value }),
    ...(both !== undefined && isConfigured(settings, url) ? { clientCert: both } : {}),
    ...(isTrusted(settings, url) ? { insecure: true } : {}),
    ...(proxy === undefined ? {} : { proxy: addressOf(proxy.value) }),
  };
}

function isConfigured(settings: PythonSettings, url: URL): boolean {
  const { defaultIndex, extraIndexes, findLinks } = settings;
  const places = [...(defaultIndex ? [defaultIndex] : []), ...extraIndexes, ...findLinks];
  return places.some(({ value }) => URL.parse(value.url)?.origin === url.origin);
}

/** `host` stands for all its ports, `host:port` for one. */
function isTrusted({ trustedHosts }: PythonSettings, url: URL): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return trustedHosts.some(({ value }) => {
    const named = value.toLowerCase();
    return named === url.hostname || named === `${url.hostname}:${port}`;
  });
}
