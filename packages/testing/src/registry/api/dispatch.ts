import type { Reply } from '../exchange.ts';
import { refuse } from '../refusal.ts';
import { isName, type Endpoint } from '../routes.ts';
import { blob } from './blobs.ts';
import type { Context, Handler } from './context.ts';
import { manifest } from './manifests.ts';
import { referrers } from './referrers.ts';
import { tags } from './tags.ts';
import { upload } from './upload.ts';
import { uploads } from './uploads.ts';

const METHODS: Readonly<Partial<Record<Endpoint, readonly string[]>>> = {
  base: ['GET', 'HEAD'],
  blob: ['GET', 'HEAD', 'DELETE'],
  uploads: ['POST'],
  upload: ['GET', 'PATCH', 'PUT', 'DELETE'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  tags: ['GET'],
  referrers: ['GET'],
};

const HANDLERS: Readonly<Partial<Record<Endpoint, Handler>>> = {
  base: async () => ({ status: 200, body: Buffer.from('{}') }),
  blob,
  uploads,
  upload,
  manifest,
  tags,
  referrers,
};

/** The endpoint's answer (distribution-spec, Endpoints). */
export async function dispatch(context: Context): Promise<Reply> {
  const { route, call } = context;
  const handler = HANDLERS[route.endpoint];
  if (handler === undefined) return { status: 404, headers: { 'content-type': 'text/plain' } };
  const methods = METHODS[route.endpoint] ?? [];
  if (!methods.includes(call.method))
    return refuse('UNSUPPORTED', { headers: { allow: methods.join(', ') } });
  if (route.endpoint !== 'base' && !isName(route.repository)) return refuse('NAME_INVALID');
  return handler(context);
}
