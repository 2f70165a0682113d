import {
  mlcError,
  type ByteStream,
  type ClockPort,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
} from '@mlcontainer/plugin-kit';

import { createClock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import { describeUrl, hostOf, parseAddress, type Address } from './address.ts';
import { createDispatchers, type Timeouts } from './dispatchers.ts';
import { createEgress, type EgressEntry } from './egress.ts';
import { createExchange, discard, headerOf, type Message } from './exchange.ts';
import { fileResponse } from './file-url.ts';
import { readNetrc, type Netrc } from './netrc.ts';
import { proxyFor } from './proxy.ts';
import { basic, checkLead, follow, type Followed, type FollowOptions } from './redirects.ts';
import { createResolver, type Lookup } from './resolver.ts';
import { resumingBody } from './resume.ts';
import { RETRY, type RetryPolicy } from './retry.ts';

/** A transfer on its way. Bytes. */
export interface TransferProgress {
  readonly purpose: string;
  /** Without credentials and query. */
  readonly url: string;
  readonly received: number;
  readonly size?: number;
}

/** What the HTTP port is allowed, and where its settings come from. */
export interface HttpOptions {
  /** Proxies, CA files and the place of netrc are read from it. */
  readonly env: Environment;
  /** Refuse every request to the network with MLC7005; `file:` still works. */
  readonly offline?: boolean;
  /** `host`, `host:port`, `*.domain` or an origin; everything else is refused with MLC7006. */
  readonly allowHosts?: readonly string[];
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly clock?: ClockPort;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<Timeouts>;
  /** Connections to one origin at a time; 8 when left out. */
  readonly connections?: number;
  readonly userAgent?: string;
  /** Names to addresses; the system's resolver when left out. */
  readonly lookup?: Lookup;
  /** For jitter, 0 to 1. */
  readonly random?: () => number;
}

/** The HTTP port, with the list of who was contacted. */
export interface NodeHttp extends HttpPort {
  egress(): readonly EgressEntry[];
  /**
   * From now on only these hosts (written as in `allowHosts`) besides those of earlier calls, and whom their answers
   * name over https: the target of a redirect, an upload's location, a token server.
   */
  allow(hosts: readonly string[]): void;
  /** Ends all connections. Not needed at the end of a process: idle connections do not keep it alive. */
  close(): Promise<void>;
}

const TIMEOUTS: Timeouts = {
  connect: 15_000,
  headers: 60_000,
  send: 60_000,
  commit: 300_000,
  stall: 30_000,
};

interface State extends FollowOptions {
  readonly options: HttpOptions;
  readonly clock: ClockPort;
  readonly retry: RetryPolicy;
  readonly timeouts: Timeouts;
  readonly random: () => number;
}

/**
 * One HTTP layer for everything (see `HttpPort`): HTTP/1.1 over kept connections, proxies, additional CAs, netrc,
 * retries, redirects, resume. Throws MLC7001, MLC7005 to MLC7009, MLC7015 to MLC7017; an answer is given whatever its status.
 */
export function createHttp(options: HttpOptions): NodeHttp {
  const clock = options.clock ?? createClock();
  const random = options.random ?? Math.random;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const retry = { ...RETRY, ...options.retry };
  const egress = createEgress(options.allowHosts);
  const resolver = createResolver(options.lookup);
  const dispatchers = createDispatchers({
    env: options.env,
    resolver,
    timeouts,
    connections: options.connections ?? 8,
  });
  const exchange = createExchange({ clock, dispatchers, egress, timeouts, retry, random });
  let netrc: Promise<Netrc> | undefined;
  const state: State = {
    ...{ options, clock, retry, timeouts, random, egress, resolver, exchange },
    netrc: () => (netrc ??= readNetrc(options.env)),
    isProxied: (url, proxy) => proxyFor(url, options.env, proxy) !== undefined,
  };
  return {
    request: (request) => send(state, request),
    egress: egress.list,
    allow: egress.allow,
    close: dispatchers.close,
  };
}

async function send(state: State, request: HttpRequest): Promise<HttpResponse> {
  request.signal.throwIfAborted();
  const address = parseAddress(request.url, request.purpose);
  if (address.url.protocol === 'file:') return fileResponse(address.url, request);
  if (state.options.offline === true) throw mlcError('MLC7005', { url: describeUrl(address.url) });
  const message = await firstMessage(state, request, await checkNamed(state, request, address));
  const followed = await follow(state, message);
  return toResponse(state, message, followed);
}

/** An address that another server named gets neither its own user name nor, in the clear, the netrc entry. */
async function checkNamed(
  state: State,
  { namedBy, purpose, proxy, netrc = true }: HttpRequest,
  { url, userInfo }: Address,
): Promise<Named> {
  if (namedBy === undefined) return { url, userInfo, netrc, from: undefined };
  const { url: from } = parseAddress(namedBy, purpose);
  await checkLead(state, from, url, { purpose, proxy });
  if (from.origin === url.origin) return { url, userInfo, netrc, from };
  return { url, userInfo: undefined, netrc: netrc && url.protocol === 'https:', from };
}

interface Named {
  readonly url: URL;
  readonly userInfo: string | undefined;
  readonly netrc: boolean;
  readonly from: URL | undefined;
}

async function firstMessage(
  state: State,
  request: HttpRequest,
  { url, userInfo, netrc, from }: Named,
): Promise<Message> {
  const { method = 'GET', body, purpose, repeatable, redirect = 'follow', signal } = request;
  const { caFile, clientCert, insecure, proxy } = request;
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': state.options.userAgent ?? 'mlcontainer',
  };
  for (const [name, value] of Object.entries(request.headers ?? {}))
    headers[name.toLowerCase()] = value;
  const login = userInfo ?? (netrc ? (await state.netrc()).get(hostOf(url)) : undefined);
  if (login !== undefined) headers.authorization ??= basic(login);
  const tls = { caFile, clientCert, insecure };
  const namedBy = from;
  const how = { tls, proxy, repeatable, redirect, netrc, namedBy, signal };
  return { url, method, headers, body, purpose, ...how };
}

function toResponse(state: State, message: Message, followed: Followed): HttpResponse {
  const { answer, url } = followed;
  return {
    status: answer.status,
    url: url.href,
    header: (name) => headerOf(answer, name),
    body: bodyOf(state, message, followed),
    cancel: () => discard(answer),
  };
}

function bodyOf(state: State, message: Message, followed: Followed): ByteStream {
  const { clock, retry, random, timeouts, options } = state;
  const url = describeUrl(followed.url);
  return resumingBody(followed, {
    ...{ clock, retry, random, stallMs: timeouts.stall },
    purpose: message.purpose,
    signal: message.signal,
    resumable: message.method === 'GET' && followed.answer.status < 300,
    partial: 'range' in message.headers,
    reopen: (extra) => follow(state, { ...message, headers: { ...message.headers, ...extra } }),
    progress: (received, size) =>
      options.onProgress?.({
        purpose: message.purpose,
        url,
        received,
        ...(size === undefined ? {} : { size }),
      }),
  });
}
