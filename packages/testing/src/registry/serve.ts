import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Tokens } from './auth/tokens.ts';
import type { Call, Headers, Reply } from './exchange.ts';
import { foreignAnswer } from './faults/answers.ts';
import { CutError, passMoment, troubled } from './faults/course.ts';
import { loseThings, overlooked } from './faults/effects.ts';
import type { Faults, Strike } from './faults/matching.ts';
import type { OpenEntry, WritableJournal } from './journal.ts';
import { shaped } from './reply.ts';
import type { Route } from './routes.ts';
import { sendReply } from './send.ts';
import type { State } from './state.ts';

/** What one server needs to answer. */
export interface Service {
  readonly server: 'registry' | 'token';
  readonly origin: () => string;
  readonly now: () => Date;
  readonly journal: WritableJournal;
  readonly faults: Faults;
  readonly state: State;
  readonly tokens: Tokens | undefined;
  readonly route: (path: string) => Route;
  /** Headers of every answer. */
  readonly always: Headers;
  readonly handle: (call: Call, route: Route) => Promise<Reply>;
}

/** A request on its way through journal, faults and registry to its answer. */
interface Course {
  readonly service: Service;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly headers: Headers;
  readonly route: Route;
  readonly strikes: readonly Strike[];
  readonly entry: OpenEntry;
  /** Aborted when the connection closes before the answer was given. */
  readonly gone: AbortSignal;
}

/** Answers one request, and writes it into the journal. */
export async function serve(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const course = begin(service, request, response);
  const { entry } = course;
  try {
    await run(course);
  } catch (error) {
    entry.outcome = error instanceof CutError ? 'cut' : 'gone';
    request.socket.destroy();
  } finally {
    service.journal.changed(entry);
  }
}

function begin(service: Service, request: IncomingMessage, response: ServerResponse): Course {
  const { server, faults, journal } = service;
  const { method = 'GET', url = '/' } = request;
  const path = url.split('?')[0] ?? '/';
  const route = service.route(path);
  const headers = headersOf(request);
  const seen = { server, method, path: url, headers };
  const strikes = faults.strikes({ ...seen, endpoint: route.endpoint });
  const entry = journal.begin({
    ...seen,
    ...route,
    ...{ status: 0, answered: {}, requestBytes: 0, responseBytes: 0, outcome: 'open' },
    faults: [...new Set(strikes.map(({ fault }) => fault))],
  });
  const gone = goneSignal(response);
  return { service, request, response, method, path, headers, route, strikes, entry, gone };
}

async function run(course: Course): Promise<void> {
  const { service, request, response, method, path, headers, route, strikes, entry, gone } = course;
  await passMoment(strikes, 'arrival', gone);
  loseThings(strikes, route, service.state, service.tokens);
  const values = { now: service.now(), origin: service.origin(), path };
  const call: Call = {
    ...{ method, path, headers, origin: values.origin },
    query: new URL(request.url ?? '/', 'http://registry').searchParams,
    body: bodyOf(course, strikes),
  };
  const reply =
    foreignAnswer(strikes, values) ?? (await service.handle(overlooked(strikes, call), route));
  const complete = { ...reply, headers: { ...service.always, ...reply.headers } };
  // What was not read is taken and counted, so that the connection can go on.
  if (!request.readableEnded) void drain(course);
  const sending = { journal: service.journal, response, entry, strikes, gone };
  await sendReply(sending, shaped(complete, strikes, values), method === 'HEAD');
}

/** The request's body, counted, in trouble where faults say so. */
async function* bodyOf(
  { service, request, entry, gone }: Course,
  strikes: readonly Strike[],
): AsyncGenerator<Uint8Array> {
  const source = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  for await (const chunk of troubled(source, strikes, 'request', gone)) {
    entry.requestBytes += chunk.byteLength;
    service.journal.changed(entry);
    yield chunk;
  }
}

async function drain(course: Course): Promise<void> {
  try {
    for await (const _ of bodyOf(course, [])) continue;
  } catch {
    // The client does not send a body that was not wanted.
  }
}

function headersOf({ headers }: IncomingMessage): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort(new Error('the client is gone')));
  return controller.signal;
}
