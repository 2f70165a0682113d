import type { Body } from '../bodies.ts';
import { isDigest } from '../digest.ts';
import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { digestHeader, repositoryOf, type Context } from './context.ts';
import { partOf } from './ranges.ts';

/** HEAD, GET and DELETE of a blob (distribution-spec, Pulling blobs; Deleting blobs). */
export async function blob(context: Context): Promise<Reply> {
  const { call, route, profile } = context;
  if (!isDigest(route.reference)) return refuse('DIGEST_INVALID');
  const repository = repositoryOf(context);
  if (repository === undefined) return unknownRepository(profile.unknownRepository);
  const body = repository.blobs.get(route.reference);
  if (body === undefined) return refuse('BLOB_UNKNOWN', { detail: { digest: route.reference } });
  if (call.method === 'DELETE') return removed(context);
  return call.method === 'HEAD' || !profile.ranges ? whole(context, body) : partial(context, body);
}

function unknownRepository(status: number): Reply {
  if (status === 403) return refuse('DENIED');
  if (status === 401) return refuse('UNAUTHORIZED');
  return refuse('NAME_UNKNOWN');
}

function removed(context: Context): Reply {
  if (!context.profile.deletes) return refuse('UNSUPPORTED');
  repositoryOf(context)?.blobs.delete(context.route.reference);
  return { status: 202, headers: { 'content-length': '0' } };
}

function whole(context: Context, body: Body): Reply {
  return {
    status: 200,
    headers: blobHeaders(context, body.size),
    body: { body, start: 0, end: body.size },
  };
}

function partial(context: Context, body: Body): Reply {
  const { headers } = context.call;
  const validator = headers['if-range'];
  const same = validator === undefined || validator === etag(context);
  const part = same ? partOf(headers.range, body.size) : 'whole';
  if (part === 'whole') return whole(context, body);
  if (part === 'unsatisfiable')
    return { status: 416, headers: { 'content-range': `bytes */${body.size}` } };
  return {
    status: 206,
    headers: {
      ...blobHeaders(context, part.end - part.start),
      'content-range': `bytes ${part.start}-${part.end - 1}/${body.size}`,
    },
    body: { body, ...part },
  };
}

function blobHeaders(context: Context, length: number): Record<string, string> {
  return {
    ...digestHeader(context, context.route.reference),
    'content-type': 'application/octet-stream',
    'content-length': String(length),
    ...(context.profile.ranges ? { 'accept-ranges': 'bytes' } : {}),
    etag: etag(context),
  };
}

function etag({ route }: Context): string {
  return `"${route.reference}"`;
}
