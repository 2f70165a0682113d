import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import type { Session } from '../state.ts';
import type { Context } from './context.ts';
import { rangeOf, sessionHeaders } from './locations.ts';
import { chunkRange, type Part } from './ranges.ts';

const OCTETS = 'application/octet-stream';

/**
 * Takes the body of a POST, PATCH or PUT into an upload; the reply where it is refused. A chunk with Content-Range
 * begins where the last one ended and is as long as it says; Content-Type, where given, is that of octets.
 */
export async function receive(context: Context, session: Session): Promise<Reply | undefined> {
  const { call } = context;
  const type = call.headers['content-type'];
  if (type !== undefined && type !== OCTETS)
    return refuse('BLOB_UPLOAD_INVALID', { message: `Content-Type is ${type}` });
  const range = chunkRange(call.headers['content-range']);
  if (range === 'malformed')
    return refuse('BLOB_UPLOAD_INVALID', { message: 'Content-Range has a wrong form' });
  const announced = lengthOf(context);
  if (range !== undefined && announced !== range.end - range.start)
    return refuse('SIZE_INVALID', { message: 'Content-Length is not that of Content-Range' });
  if (announced !== 0 && startOf(context, session, range) !== session.body.size)
    return outOfOrder(context, session);
  return append(context, session);
}

/** A PATCH without a range goes on where the upload stands; any other body without one is the whole blob. */
function startOf({ call }: Context, { body }: Session, range: Part | undefined): number {
  return range?.start ?? (call.method === 'PATCH' ? body.size : 0);
}

/** 416 with where to go on (distribution-spec, Pushing a blob in chunks). */
function outOfOrder(context: Context, session: Session): Reply {
  return refuse('BLOB_UPLOAD_INVALID', {
    status: 416,
    message: `the upload stands at ${rangeOf(session)}`,
    headers: sessionHeaders(context, session),
  });
}

/** Content-Length; undefined where the body comes in chunks of unknown number. */
export function lengthOf({ call }: Context): number | undefined {
  const length = call.headers['content-length'];
  if (length !== undefined) return Number(length);
  return call.headers['transfer-encoding'] === undefined ? 0 : undefined;
}

async function append({ call, profile }: Context, session: Session): Promise<undefined> {
  if (profile.brokenBytes === 'keep') {
    for await (const chunk of call.body) await session.body.append(chunk);
    return;
  }
  const held: Uint8Array[] = [];
  for await (const chunk of call.body) held.push(Uint8Array.from(chunk));
  for (const chunk of held) await session.body.append(chunk);
}
