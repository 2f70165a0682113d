import type { Dispatcher } from 'undici';

import type { Environment } from '../environment.ts';
import { proxyFor } from './proxy.ts';
import type { Resolver } from './resolver.ts';
import { createTrust, type TrustLevel } from './trust.ts';

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  /** From the request sent to the first line of the answer. */
  readonly headers: number;
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
  route(url: URL, caFile: string | undefined, level: TrustLevel): Promise<Route>;
  close(): Promise<void>;
}

/** HTTP/1.1 with keep-alive; undici is loaded with the first request. */
export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const made = new Map<string, Promise<Dispatcher>>();
  return {
    async route(url, caFile, level) {
      const proxy = proxyFor(url, options.env);
      const key = JSON.stringify([proxy?.href, url.protocol === 'https:' ? [caFile, level] : '']);
      const dispatcher = made.get(key) ?? makeDispatcher(options, url, proxy, caFile, level);
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

async function makeDispatcher(
  options: DispatcherOptions,
  url: URL,
  proxy: URL | undefined,
  caFile: string | undefined,
  level: TrustLevel,
): Promise<Dispatcher> {
  const { Agent, Pool, ProxyAgent } = await import('undici');
  const secure = url.protocol === 'https:' || proxy?.protocol === 'https:';
  const secureContext = secure ? await createTrust(options.env, caFile, level) : undefined;
  const connect = {
    timeout: options.timeouts.connect,
    lookup: options.resolver.lookup,
    allowH2: false,
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  const pool = {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 10_000,
  };
  if (proxy === undefined) return new Agent({ ...pool, connect });
  return new ProxyAgent({
    ...pool,
    uri: proxy.href,
    // A proxy forwards plain http and tunnels https, as curl has it.
    proxyTunnel: false,
    requestTls: connect,
    proxyTls: connect,
    factory: (origin, opts) => new Pool(origin, { ...pool, ...opts }),
  });
}
