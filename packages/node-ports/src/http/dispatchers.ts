import type { Dispatcher } from 'undici';

import type { Environment } from '../environment.ts';
import { proxyFor } from './proxy.ts';
import type { Resolver } from './resolver.ts';
import { createTrust, type TlsSettings, type TrustLevel } from './trust.ts';

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  /** From the request sent to the first line of the answer. */
  readonly headers: number;
  /** Without the server taking a piece of the body that is sent. */
  readonly send: number;
  /** From the last byte of a body sent to the first line of the answer: a registry may check all of a blob in between. */
  readonly commit: number;
  /** Without a byte of the body, or with next to none. */
  readonly stall: number;
}

export interface DispatcherOptions {
  readonly env: Environment;
  readonly resolver: Resolver;
  readonly timeouts: Timeouts;
  /** Connections to one origin at a time. */
  readonly connections: number;
}

/** A connection pool, and the proxy that it goes through. */
export interface Route {
  readonly dispatcher: Dispatcher;
  readonly proxy: URL | undefined;
}

/** Connection pools by route and trust, made when first needed. */
export interface Dispatchers {
  route(url: URL, tls: TlsSettings, level: TrustLevel, proxy?: string): Promise<Route>;
  close(): Promise<void>;
}

/** HTTP/1.1 with keep-alive; undici is loaded with the first request. */
export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const made = new Map<string, Promise<Dispatcher>>();
  return {
    async route(url, tls, level, named) {
      const proxy = proxyFor(url, options.env, named);
      const key = keyOf(url, proxy, tls, level);
      const dispatcher = made.get(key) ?? makeDispatcher(options, url, proxy, tls, level);
      made.set(key, dispatcher);
      dispatcher.catch(() => made.delete(key));
      return { dispatcher: await dispatcher, proxy };
    },
    async close() {
      const opened = (await Promise.allSettled(made.values())).filter(
        (each) => each.status === 'fulfilled',
      );
      made.clear();
      await Promise.all(opened.map(({ value }) => value.destroy()));
    },
  };
}

function keyOf(url: URL, proxy: URL | undefined, tls: TlsSettings, level: TrustLevel): string {
  const { caFile, clientCert, insecure } = tls;
  const secure = [caFile, level, clientCert?.certFile, clientCert?.keyFile, insecure];
  return JSON.stringify([proxy?.href, url.protocol === 'https:' ? secure : '']);
}

async function makeDispatcher(
  options: DispatcherOptions,
  url: URL,
  proxy: URL | undefined,
  tls: TlsSettings,
  level: TrustLevel,
): Promise<Dispatcher> {
  const { Agent, Pool, ProxyAgent } = (await import('./undici.ts')).undici;
  const connect = await connector(options, url, tls, level);
  const pool = {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 10_000,
    // Node's own default, which undici would load all of node:http for. Bytes.
    maxHeaderSize: 16 * 1024,
  };
  if (proxy === undefined) return new Agent({ ...pool, connect });
  return new ProxyAgent({
    ...pool,
    uri: proxy.href,
    // A proxy forwards plain http and tunnels https, as curl has it.
    proxyTunnel: false,
    requestTls: connect,
    // The client certificate and the leave not to verify are for the server, not for the proxy.
    proxyTls: await connector(options, proxy, { caFile: tls.caFile }, level),
    factory: (origin, opts) => new Pool(origin, { ...pool, ...opts }),
  });
}

/** How a connection to a host is opened: what `tls.connect` takes. */
async function connector(
  { env, resolver, timeouts }: DispatcherOptions,
  { protocol }: URL,
  tls: TlsSettings,
  level: TrustLevel,
): Promise<{ timeout: number; lookup: Resolver['lookup']; allowH2: false }> {
  const secureContext = protocol === 'https:' ? await createTrust(env, tls, level) : undefined;
  return {
    timeout: timeouts.connect,
    lookup: resolver.lookup,
    allowH2: false,
    ...(secureContext === undefined ? {} : { secureContext }),
    ...(tls.insecure === true ? { rejectUnauthorized: false } : {}),
  };
}
