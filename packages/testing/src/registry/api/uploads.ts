import { algorithmOf, isDigest } from '../digest.ts';
import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { commitBlob, dropSession, openSession, repositoryFor, type Session } from '../state.ts';
import { finish } from './commit.ts';
import { digestHeader, locationOf, type Context } from './context.ts';
import { sessionHeaders } from './locations.ts';
import { receive } from './receive.ts';

/** POST that begins an upload, mounts a blob, or pushes it at once (distribution-spec, Pushing blobs). */
export async function uploads(context: Context): Promise<Reply> {
  const { call, profile } = context;
  if (call.method !== 'POST') return refuse('UNSUPPORTED');
  const mount = call.query.get('mount');
  if (mount !== null) return mountBlob(context, mount);
  const digest = call.query.get('digest');
  if (digest !== null && !isDigest(digest)) return refuse('DIGEST_INVALID');
  const algorithm = digest === null ? call.query.get('digest-algorithm') : algorithmOf(digest);
  if (!isSupported(context, algorithm)) return refuse('DIGEST_INVALID', { message: 'unsupported' });
  const session = await openSession(context.state, context.route.repository, algorithm ?? 'sha256');
  return digest === null || profile.singlePost === 'accepted'
    ? begun(context, session)
    : pushedAtOnce(context, session, digest);
}

function isSupported({ profile }: Context, algorithm: string | null): boolean {
  return algorithm === null || algorithm === 'sha256' || (algorithm === 'sha512' && profile.sha512);
}

function begun(context: Context, session: Session): Reply {
  repositoryFor(context.state, session.repository);
  const { minChunk } = context.profile;
  return {
    status: 202,
    headers: {
      ...sessionHeaders(context, session),
      'content-length': '0',
      ...(minChunk > 0 ? { 'oci-chunk-min-length': String(minChunk) } : {}),
    },
  };
}

async function pushedAtOnce(context: Context, session: Session, digest: string): Promise<Reply> {
  const problem = await receive(context, session);
  if (problem === undefined) return finish(context, session, digest);
  await dropSession(context.state, session);
  return problem;
}

/** Mounting a blob from another repository. */
async function mountBlob(context: Context, digest: string): Promise<Reply> {
  const { call, profile, state, route } = context;
  if (!isDigest(digest)) return refuse('DIGEST_INVALID');
  const from = call.query.get('from');
  const how = from === null ? profile.anonymousMount : profile.mount;
  if (typeof how === 'number') return refuse('UNSUPPORTED', { status: how });
  const body = how === 'mount' ? sourceOf(context, digest, from) : undefined;
  if (body === undefined)
    return begun(context, await openSession(state, route.repository, algorithmOf(digest)));
  commitBlob(state, { repository: route.repository, digest, how: 'mount' }, body);
  return {
    status: 201,
    headers: {
      ...digestHeader(context, digest),
      location: locationOf(context, `/v2/${route.repository}/blobs/${digest}`),
      'content-length': '0',
    },
  };
}

function sourceOf({ state, covers }: Context, digest: string, from: string | null) {
  const names = from === null ? [...state.repositories.keys()] : [from];
  return names
    .filter((name) => covers(name, 'pull'))
    .map((name) => state.repositories.get(name)?.blobs.get(digest))
    .find((body) => body !== undefined);
}
