import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import type { Reply } from './exchange.ts';
import { ofKind } from './faults/answers.ts';
import { damaged, passMoment, troubled } from './faults/course.ts';
import type { Strike } from './faults/matching.ts';
import type { OpenEntry, WritableJournal } from './journal.ts';
import { sizeOf } from './reply.ts';

/** The request whose answer is sent. */
export interface Sending {
  readonly journal: WritableJournal;
  readonly response: ServerResponse;
  readonly entry: OpenEntry;
  readonly strikes: readonly Strike[];
  readonly gone: AbortSignal;
}

/** Sends an answer, in trouble where faults say so. */
export async function sendReply(sending: Sending, reply: Reply, isHead: boolean): Promise<void> {
  const { response, entry, strikes, gone, journal } = sending;
  const headers = { ...reply.headers } as Record<string, string>;
  // Where the body is not as long as it says, only the end of the connection can end it.
  if (!isHead && Number(headers['content-length'] ?? sizeOf(reply)) !== sizeOf(reply))
    response.shouldKeepAlive = false;
  entry.status = reply.status;
  entry.answered = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value)]),
  );
  journal.changed(entry);
  await passMoment(strikes, 'answer', gone);
  response.writeHead(reply.status, headers);
  response.flushHeaders();
  await passMoment(strikes, 'headers', gone);
  if (!isHead) await sendBody(sending, bodyOf(reply, strikes));
  const finished = once(response, 'finish', { signal: gone });
  // Before the end, since a client that has its answer may look at the journal at once.
  entry.outcome = 'done';
  response.end();
  await finished;
}

function bodyOf(reply: Reply, strikes: readonly Strike[]): AsyncIterable<Uint8Array> {
  const { body } = reply;
  if (body === undefined) return bytes(new Uint8Array());
  const source = body instanceof Uint8Array ? bytes(body) : body.body.read(body.start, body.end);
  return ofKind(strikes, 'damage').reduce<AsyncIterable<Uint8Array>>(
    (before, { what: { at } }) => damaged(before, at < 0 ? sizeOf(reply) + at : at),
    source,
  );
}

async function* bytes(value: Uint8Array): AsyncGenerator<Uint8Array> {
  if (value.byteLength > 0) yield value;
}

async function sendBody(
  { journal, response, entry, strikes, gone }: Sending,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of troubled(body, strikes, 'answer', gone)) {
    // Handed to the system before a cut may follow.
    await new Promise<void>((resolve, reject) => {
      response.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
    entry.responseBytes += chunk.byteLength;
    journal.changed(entry);
  }
}
