import { Readable } from 'node:stream';

import { isMlcError, type ClockPort } from '@mlcontainer/plugin-kit';
import type { Dispatcher } from 'undici';

import type { Dispatchers, Timeouts } from './dispatchers.ts';
import type { Egress } from './egress.ts';
import { toNetworkError, verdictOf } from './failures.ts';
import {
  isIdempotent,
  isRetryable,
  parseRetryAfter,
  pauseBefore,
  type RetryPolicy,
} from './retry.ts';
import type { TrustLevel } from './trust.ts';

export type Body = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** One request to one origin; redirects are not followed. */
export interface Message {
  readonly url: URL;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | undefined;
  readonly purpose: string;
  readonly caFile: string | undefined;
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

type Outcome = { readonly answer: Answer } | { readonly pauseMs: number };

/** A server that asks for a pause is left alone by all requests, not only by the one that it told. */
async function waitForTurn({ clock, pauses }: State, { url, signal }: Message): Promise<void> {
  const pause = (pauses.get(url.origin) ?? 0) - clock.monotonic();
  if (pause > 0) await clock.sleep(pause, signal);
}

async function tryOnce(state: State, message: Message, attempt: number): Promise<Outcome> {
  const route = await state.dispatchers.route(message.url, message.caFile, levelOf(state, message));
  const received = state.egress.record(message.url, message.purpose, route.proxy);
  const isLast = attempt >= state.retry.attempts;
  try {
    const response = await dispatch(state, message, route.dispatcher);
    const answer = {
      status: response.statusCode,
      headers: response.headers,
      body: response.body,
      received,
    };
    if (!isRetryable(answer.status, message.method)) return { answer };
    const pauseMs = pauseFor(state, message, answer, attempt);
    if (isLast) return { answer };
    await discard(answer);
    return { pauseMs };
  } catch (error) {
    message.signal.throwIfAborted();
    if (isMlcError(error)) throw error;
    const verdict = verdictOf(error, isIdempotent(message.method));
    if (verdict === 'trust' && levelOf(state, message) === 'configured') {
      state.trust.set(message.url.origin, 'system');
      return { pauseMs: 0 };
    }
    const { purpose, url } = message;
    if (verdict !== 'again' || isLast)
      throw toNetworkError(error, { purpose, url, proxy: route.proxy, attempts: attempt });
    return { pauseMs: pauseBefore(state.retry, attempt, undefined, state.random()) };
  }
}

function levelOf({ trust }: State, { url }: Message): TrustLevel {
  return trust.get(url.origin) ?? 'configured';
}

async function dispatch(
  { timeouts }: State,
  { url, method, headers, body, signal }: Message,
  dispatcher: Dispatcher,
): Promise<Dispatcher.ResponseData> {
  const response = await dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers,
    body: toBody(body),
    signal,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.stall,
  });
  // A body that is never read may still fail; whoever reads it learns of that by reading.
  response.body.on('error', () => undefined);
  return response;
}

function toBody(body: Body | undefined): Uint8Array | Readable | null {
  if (body === undefined) return null;
  return typeof body === 'function' ? Readable.from(body(), { objectMode: false }) : body;
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
