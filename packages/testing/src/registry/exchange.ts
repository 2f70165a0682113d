import type { Body } from './bodies.ts';

/** Header names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** One request as the registry's parts see it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** `http://127.0.0.1:5000`, for absolute locations. */
  readonly origin: string;
  /** May be read once; throws when the client goes away. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A part of a stored body. */
export interface Slice {
  readonly body: Body;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** What is answered; Content-Length is set from the body where it is not given. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | Slice;
}

/** A body as JSON. */
export function json(status: number, value: unknown, headers: Headers = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** The bytes of a request, up to a limit; undefined above it, and the rest is not read. */
export async function readAtMost(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
