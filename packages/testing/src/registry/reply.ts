import type { Reply } from './exchange.ts';
import { changed, ofKind, type TemplateValues } from './faults/answers.ts';
import type { Strike } from './faults/matching.ts';

/** Bytes of a reply's body. */
export function sizeOf({ body }: Reply): number {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.byteLength : body.end - body.start;
}

/** A reply as it goes out: with its length, and with what faults do to it. */
export function shaped(
  reply: Reply,
  strikes: readonly Strike[],
  values: Omit<TemplateValues, 'nth'>,
): Reply {
  const [short] = ofKind(strikes, 'shorten');
  const cut = short === undefined ? reply : shortened(reply, short.what.to);
  return changed(withLength(cut), strikes, values);
}

function shortened(reply: Reply, to: number): Reply {
  const { 'content-length': _, ...headers } = reply.headers ?? {};
  const { body } = reply;
  if (body === undefined) return reply;
  return body instanceof Uint8Array
    ? { ...reply, headers, body: body.subarray(0, to) }
    : { ...reply, headers, body: { ...body, end: Math.min(body.end, body.start + to) } };
}

function withLength(reply: Reply): Reply {
  const has = 'content-length' in (reply.headers ?? {});
  if (has || reply.status === 204 || reply.status === 304) return reply;
  return { ...reply, headers: { ...reply.headers, 'content-length': String(sizeOf(reply)) } };
}
