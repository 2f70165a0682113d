import { setImmediate } from 'node:timers/promises';

import { isMlcError, mlcError, type ClockPort } from '@mlcontainer/plugin-kit';
import type { Dispatcher } from 'undici';

import { describeUrl } from './address.ts';
import type { Dispatchers, Timeouts } from './dispatchers.ts';
import type { Egress } from './egress.ts';
import { toNetworkError, verdictOf, wasKept, wasNotSent } from './failures.ts';
import {
  isIdempotent,
  isRetryable,
  parseRetryAfter,
  pauseBefore,
  type RetryPolicy,
} from './retry.ts';
import type { TlsSettings, TrustLevel } from './trust.ts';
import { startUpload, type Body } from './upload.ts';

/** One request to one origin. */
export interface Message {
  readonly url: URL;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | undefined;
  readonly purpose: string;
  readonly tls: TlsSettings;
  /** The address whose answer named this one. */
  readonly namedBy: URL | undefined;
  /** Used where the environment names no proxy. */
  readonly proxy: string | undefined;
  /** Whether it may be sent again although the server may have acted on it; by the method where undefined. */
  readonly repeatable: boolean | undefined;
  /** Whether redirects are followed, and whether netrc may be asked for the hosts they lead to. */
  readonly redirect: 'follow' | 'manual';
  readonly netrc: boolean;
  readonly signal: AbortSignal;
}

/** What came back, its body unread. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
  readonly received: (bytes: number) => void;
}

export interface ExchangeOptions {
  readonly clock: ClockPort;
  readonly dispatchers: Dispatchers;
  readonly egress: Egress;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  readonly random: () => number;
}

export type Exchange = (message: Message) => Promise<Answer>;

/** How much of an unwanted body is read to keep its connection. */
const DRAIN = 64 * 1024;

interface State extends ExchangeOptions {
  /** Origin → the monotonic time before which the server wants to be left alone. */
  readonly pauses: Map<string, number>;
  /** Origins whose certificates needed the operating system's roots. */
  readonly trust: Map<string, TrustLevel>;
}

/** Sends a message, again where that may help; the last answer counts, whatever its status. Throws MLC7001, MLC7008, MLC7009. */
export function createExchange(options: ExchangeOptions): Exchange {
  const state: State = { ...options, pauses: new Map(), trust: new Map() };
  return async (message) => {
    for (let attempt = 1; ; attempt += 1) {
      await waitForTurn(state, message);
      const outcome = await tryOnce(state, message, attempt);
      if ('answer' in outcome) return outcome.answer;
      await state.clock.sleep(outcome.pauseMs, message.signal);
    }
  };
}

/** The body could not be read: no attempt helps. */
class SourceError extends Error {}

type Outcome = { readonly answer: Answer } | { readonly pauseMs: number };

/** A server that asks for a pause is left alone by all requests, not only by the one that it told. */
async function waitForTurn({ clock, pauses }: State, { url, signal }: Message): Promise<void> {
  const pause = (pauses.get(url.origin) ?? 0) - clock.monotonic();
  if (pause > 0) await clock.sleep(pause, signal);
}

async function tryOnce(state: State, message: Message, attempt: number): Promise<Outcome> {
  const { url: to, tls, proxy } = message;
  const route = await state.dispatchers.route(to, tls, levelOf(state, message), proxy);
  const counter = state.egress.record(message.url, message.purpose, route.proxy);
  const isLast = attempt >= state.retry.attempts;
  try {
    const response = await dispatch(state, message, route.dispatcher, counter.sent);
    const answer = {
      status: response.statusCode,
      headers: response.headers,
      body: response.body,
      received: counter.received,
    };
    await checkProxy(route.proxy, message, answer);
    if (!isRetryable(answer.status, mayRepeat(message))) return { answer };
    const pauseMs = pauseFor(state, message, answer, attempt);
    if (isLast) return { answer };
    await discard(answer);
    return { pauseMs };
  } catch (error) {
    message.signal.throwIfAborted();
    if (error instanceof SourceError) throw error.cause;
    if (isMlcError(error)) throw error;
    const verdict = verdictOf(error, mayRepeat(message));
    if (verdict === 'trust' && levelOf(state, message) === 'configured') {
      state.trust.set(message.url.origin, 'system');
      return { pauseMs: 0 };
    }
    const { purpose, url } = message;
    if (verdict !== 'again' || isLast)
      throw toNetworkError(error, { purpose, url, proxy: route.proxy, attempts: attempt });
    if (attempt === 1 && wasKept(error)) return { pauseMs: 0 };
    return { pauseMs: pauseBefore(state.retry, attempt, undefined, state.random()) };
  }
}

/** A proxy that forwards plain http answers in the server's place; squid says when it does. Throws MLC7009. */
async function checkProxy(
  proxy: URL | undefined,
  { purpose, url }: Message,
  answer: Answer,
): Promise<void> {
  const { status } = answer;
  const isOwn = status === 407 || (status === 403 && headerOf(answer, 'x-squid-error'));
  if (proxy === undefined || !isOwn) return;
  await discard(answer);
  throw mlcError('MLC7009', { purpose, url: describeUrl(url), proxy: proxy.host, status });
}

function mayRepeat({ method, repeatable }: Message): boolean {
  return repeatable ?? isIdempotent(method);
}

function levelOf({ trust }: State, { url }: Message): TrustLevel {
  return trust.get(url.origin) ?? 'configured';
}

async function dispatch(
  { timeouts }: State,
  message: Message,
  dispatcher: Dispatcher,
  count: (bytes: number) => void,
): Promise<Dispatcher.ResponseData> {
  const { url, method } = message;
  const upload = startUpload(message.body, timeouts.send);
  let reached = true;
  try {
    // A connection is free a turn after its last answer: undici would open another one for what comes in between.
    await setImmediate();
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...upload.headers, ...message.headers },
      body: upload.body,
      signal:
        upload.signal === undefined
          ? message.signal
          : AbortSignal.any([message.signal, upload.signal]),
      headersTimeout: message.body === undefined ? timeouts.headers : timeouts.commit,
      bodyTimeout: timeouts.stall,
      // undici would close the connection after a HEAD, for servers that answer one with a body.
      reset: false,
    });
    // A body that is never read may still fail; whoever reads it learns of that by reading.
    response.body.on('error', () => undefined);
    return response;
  } catch (error) {
    reached = !wasNotSent(error);
    const failure = upload.failure();
    throw failure === undefined ? error : new SourceError('body', failure);
  } finally {
    upload.end();
    if (reached) count(upload.sent());
  }
}

function pauseFor(state: State, message: Message, answer: Answer, attempt: number): number {
  const asked = parseRetryAfter(headerOf(answer, 'retry-after'), state.clock.now());
  const pause = pauseBefore(state.retry, attempt, asked, state.random());
  if (asked === undefined || asked === 0) return pause;
  const until = state.clock.monotonic() + pause;
  state.pauses.set(message.url.origin, Math.max(until, state.pauses.get(message.url.origin) ?? 0));
  return pause;
}

/** A header's value; several lines are joined as RFC 9110, section 5.3 has it. */
export function headerOf(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = answer.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Reads a short rest of a body to keep its connection, or drops the connection. */
export async function discard(answer: Pick<Answer, 'body'>): Promise<void> {
  try {
    await answer.body.dump({ limit: DRAIN });
  } catch {
    // The connection is gone, which is as good.
  }
}
