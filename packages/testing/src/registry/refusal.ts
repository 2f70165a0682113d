import { json, type Headers, type Reply } from './exchange.ts';

/** The error codes of distribution-spec 1.1, Error Codes, and the status each goes with. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
} as const;

/** One of the codes of the specification. */
export type ErrorCode = keyof typeof STATUS;

/** What a refusal may say besides its code. */
export interface RefusalOptions {
  readonly status?: number;
  readonly message?: string;
  readonly detail?: unknown;
  readonly headers?: Headers;
}

/** An answer with the error body of the specification. */
export function refuse(code: ErrorCode, options: RefusalOptions = {}): Reply {
  const { status = STATUS[code], message = '', detail, headers = {} } = options;
  return json(
    status,
    { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] },
    headers,
  );
}

/** An answer that names each part that is not there (MANIFEST_BLOB_UNKNOWN, one error a part). */
export function refuseMissing(digests: readonly string[]): Reply {
  const errors = digests.map((digest) => ({
    code: 'MANIFEST_BLOB_UNKNOWN',
    message: 'manifest references a manifest or blob unknown to registry',
    detail: { digest },
  }));
  return json(STATUS.MANIFEST_BLOB_UNKNOWN, { errors });
}
