import { mlcError } from '@mlcontainer/plugin-kit';

import { errno } from '../store/faults.ts';
import { describeUrl } from './address.ts';
import { LINK_LOCAL } from './resolver.ts';

/** What a failed attempt means: `again` may help, `trust` may help with more roots, `final` may not. */
export type Verdict = 'again' | 'trust' | 'final';

/** Certificate chains that end at an unknown root (Node's TLS error codes). */
const UNKNOWN_ROOT: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const BAD_CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_MISMATCH)/;
/** The request never reached a server. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const FINAL: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  LINK_LOCAL,
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'ERR_INVALID_URL',
]);

/** The code of a failure, looked for in its causes and in the attempts of happy eyeballs. */
function codeOf(error: unknown): string | undefined {
  const own = errno(error);
  if (own !== undefined) return own;
  const { cause, errors } = error as { cause?: unknown; errors?: readonly unknown[] };
  return cause instanceof Error
    ? codeOf(cause)
    : errors?.map(codeOf).find((code) => code !== undefined);
}

function isCertificate(code: string | undefined): boolean {
  return code !== undefined && (UNKNOWN_ROOT.has(code) || BAD_CERTIFICATE.test(code));
}

/** What answers does not speak TLS, or not in any way that is spoken here; it will not learn it. */
function isNoTls(code: string | undefined): boolean {
  return code === 'EPROTO' || /^ERR_SSL_(WRONG_VERSION|UNSUPPORTED|NO_PROTOCOLS)/.test(code ?? '');
}

/** The status of a proxy that did not open the way; undici has it in its message alone. */
function proxyStatus(error: unknown): number | undefined {
  const match = /Proxy response \((\d{3})\)|Proxy Authentication Required \((407)\)/.exec(
    (error as Error).message,
  );
  return match === null ? undefined : Number(match[1] ?? match[2]);
}

/** Whether the request never reached a server. */
export function wasNotSent(error: unknown): boolean {
  return NOT_SENT.has(codeOf(error) ?? '') || isCertificate(codeOf(error));
}

/** Whether the connection had served before: a server may close one that it kept while the next request comes. */
export function wasKept(error: unknown): boolean {
  const { socket } = error as { socket?: { bytesRead?: number } };
  return (socket?.bytesRead ?? 0) > 0;
}

/** What to do after a failed attempt. */
export function verdictOf(error: unknown, repeatable: boolean): Verdict {
  const code = codeOf(error);
  if (code !== undefined && UNKNOWN_ROOT.has(code)) return 'trust';
  if (isCertificate(code) || isNoTls(code) || FINAL.has(code ?? '')) return 'final';
  const status = proxyStatus(error);
  if (status !== undefined) return status >= 500 ? 'again' : 'final';
  return repeatable || NOT_SENT.has(code ?? '') ? 'again' : 'final';
}

/** A failure that is no answer, as an error of the catalogue: MLC7008 certificate, MLC7009 proxy, MLC7019 link-local, MLC7001 anything else. */
export function toNetworkError(
  error: unknown,
  request: { purpose: string; url: URL; proxy: URL | undefined; attempts: number },
): Error {
  const { purpose, attempts } = request;
  const url = describeUrl(request.url);
  const code = codeOf(error);
  const detail = code ?? (error as Error).message;
  const status = proxyStatus(error);
  if (code === LINK_LOCAL)
    return mlcError('MLC7019', { purpose, host: request.url.host }, { cause: error });
  if (isCertificate(code)) return mlcError('MLC7008', { purpose, url, detail }, { cause: error });
  if (status !== undefined && request.proxy !== undefined) {
    return mlcError(
      'MLC7009',
      { purpose, url, proxy: request.proxy.host, status },
      { cause: error },
    );
  }
  return mlcError('MLC7001', { purpose, url, attempts, detail }, { cause: error });
}
