import { isDigest } from '../digest.ts';
import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { dropSession, type Session } from '../state.ts';
import { finish } from './commit.ts';
import type { Context } from './context.ts';
import { sessionHeaders } from './locations.ts';
import { lengthOf, receive } from './receive.ts';

/** GET, PATCH, PUT and DELETE of an upload that was begun (distribution-spec, Pushing a blob in chunks; Cancel a blob upload). */
export async function upload(context: Context): Promise<Reply> {
  const { state, route, call } = context;
  const session = state.sessions.get(route.reference);
  if (session?.repository !== route.repository || !isKnownPlace(context, session))
    return refuse('BLOB_UPLOAD_UNKNOWN');
  if (call.method === 'GET') return status(context, session);
  const done = session.turn.then(() => act(context, session));
  session.turn = done.catch(() => undefined);
  return done;
}

/** Any place that was given may be asked; only the last may be written to, as earlier ones say an earlier state. */
function isKnownPlace({ call }: Context, { states }: Session): boolean {
  const place = call.query.get('_state') ?? '';
  return call.method === 'GET' || call.method === 'DELETE'
    ? states.includes(place)
    : states.at(-1) === place;
}

async function act(context: Context, session: Session): Promise<Reply> {
  const { method } = context.call;
  if (!context.state.sessions.has(session.id)) return refuse('BLOB_UPLOAD_UNKNOWN');
  if (method === 'PATCH') return patched(context, session);
  if (method === 'PUT') return closed(context, session);
  if (method !== 'DELETE') return refuse('UNSUPPORTED');
  await dropSession(context.state, session);
  return { status: 204 };
}

function status(context: Context, session: Session): Reply {
  return { status: 204, headers: sessionHeaders(context, session) };
}

async function patched(context: Context, session: Session): Promise<Reply> {
  const { profile } = context;
  if (session.chunks.length >= profile.patches)
    return refuse('UNSUPPORTED', { message: 'uploads in chunks are not supported' });
  if ((session.chunks.at(-1) ?? profile.minChunk) < profile.minChunk)
    return refuse('SIZE_INVALID', { message: `chunks have ${profile.minChunk} bytes at least` });
  const before = session.body.size;
  const problem = await receive(context, session);
  if (problem !== undefined) return problem;
  session.chunks.push(session.body.size - before);
  return {
    status: 202,
    headers: { ...sessionHeaders(context, session), 'content-length': '0' },
  };
}

async function closed(context: Context, session: Session): Promise<Reply> {
  const digest = context.call.query.get('digest');
  if (digest === null || !isDigest(digest)) return refuse('DIGEST_INVALID');
  if (lengthOf(context) === undefined)
    return refuse('SIZE_INVALID', { status: 411, message: 'Content-Length is missing' });
  const problem = await receive(context, session);
  return problem ?? finish(context, session, digest);
}
