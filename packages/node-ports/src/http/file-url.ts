import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import {
  mlcError,
  type ByteStream,
  type HttpRequest,
  type HttpResponse,
} from '@mlcontainer/plugin-kit';

import { errno } from '../store/faults.ts';

/** A local file as an answer: 200 with Content-Length, 403 where it may not be read, 404 where there is no such file, 405 for writing. */
export async function fileResponse(url: URL, request: HttpRequest): Promise<HttpResponse> {
  const method = request.method ?? 'GET';
  if (method !== 'GET' && method !== 'HEAD') return answer(url, 405);
  const path = pathOf(url, request.purpose);
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return answer(url, 404);
    return answer(url, 200, stats.size, method === 'HEAD' ? undefined : path, request.signal);
  } catch (error) {
    return answer(url, errno(error) === 'EACCES' ? 403 : 404);
  }
}

function pathOf(url: URL, purpose: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw mlcError(
      'MLC7016',
      { purpose, url: url.href, detail: (error as Error).message },
      { cause: error },
    );
  }
}

function answer(
  url: URL,
  status: number,
  size = 0,
  path?: string,
  signal?: AbortSignal,
): HttpResponse {
  return {
    status,
    url: url.href,
    header: (name) => (name.toLowerCase() === 'content-length' ? String(size) : undefined),
    body: path === undefined ? emptyBody() : fileBody(path, size, signal),
    cancel: () => Promise.resolve(),
  };
}

async function* emptyBody(): ByteStream {
  // No byte to give.
}

async function* fileBody(path: string, size: number, signal: AbortSignal | undefined): ByteStream {
  signal?.throwIfAborted();
  if (size === 0) return;
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 256 * 1024 })) {
    signal?.throwIfAborted();
    yield chunk as Uint8Array;
  }
}
