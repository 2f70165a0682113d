import { mlcError, type HttpResponse, type Ports } from '@mlcontainer/plugin-kit';

/** What fetching needs: the ports, and a signal that ends the wait. */
export interface FetchContext {
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/** Statuses with which mirrors say that they do not hold a file. */
const GONE = [403, 404, 410];

/** The answer, or the status where the mirror does not hold the file. Throws MLC7001 and MLC7002. */
export async function requestFile(
  url: string,
  purpose: string,
  cx: FetchContext,
): Promise<HttpResponse | { readonly missing: number }> {
  const response = await cx.ports.http.request({ url, purpose, signal: cx.signal });
  if (response.status === 200) return response;
  await response.cancel();
  if (GONE.includes(response.status)) return { missing: response.status };
  throw mlcError('MLC7002', { purpose, url: response.url, status: response.status, detail: '' });
}

/** Reads a whole answer of `limit` bytes at most. Throws MLC7004 when it is longer. */
export async function readAll(response: HttpResponse, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit) {
      await response.cancel();
      throw mlcError('MLC7004', { name: response.url, expected: limit, actual: size });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A path below a mirror; its parts are escaped, as file names hold `~`, `+` and `%`. */
export function below(base: string, path: string): string {
  return `${base}/${path.split('/').map(encodeURIComponent).join('/')}`;
}
