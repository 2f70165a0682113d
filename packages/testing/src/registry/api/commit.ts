import { algorithmOf, hashFor } from '../digest.ts';
import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { commitBlob, dropSession, type Session } from '../state.ts';
import { digestHeader, locationOf, type Context } from './context.ts';

/** Ends an upload: the digest of all its bytes is computed, and only the right one makes a blob of them. */
export async function finish(context: Context, session: Session, digest: string): Promise<Reply> {
  const { state } = context;
  const { repository, body } = session;
  if ((await digestOfBody(session, digest)) !== digest) {
    await dropSession(state, session);
    return refuse('DIGEST_INVALID', { detail: { digest } });
  }
  state.sessions.delete(session.id);
  commitBlob(state, { repository, digest, how: 'upload' }, body);
  return {
    status: 201,
    headers: {
      ...digestHeader(context, digest),
      location: locationOf(context, `/v2/${repository}/blobs/${digest}`),
      'content-length': '0',
    },
  };
}

async function digestOfBody({ body }: Session, wanted: string): Promise<string | undefined> {
  const algorithm = algorithmOf(wanted);
  const hash = hashFor(algorithm);
  if (hash === undefined) return undefined;
  for await (const chunk of body.read(0, body.size)) hash.update(chunk);
  return `${algorithm}:${hash.digest('hex')}`;
}
