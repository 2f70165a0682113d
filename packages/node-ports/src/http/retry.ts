/** When and how long to wait before a request is tried again. */
export interface RetryPolicy {
  /** All attempts together, the first included. */
  readonly attempts: number;
  /** The first pause; every further one is twice as long. Milliseconds. */
  readonly baseMs: number;
  /** The longest pause of our own. */
  readonly maxMs: number;
  /** The longest pause that a server may ask for by Retry-After; longer ones are cut to it. */
  readonly maxRetryAfterMs: number;
}

export const RETRY: RetryPolicy = {
  attempts: 5,
  baseMs: 250,
  maxMs: 8000,
  maxRetryAfterMs: 60_000,
};

/** Statuses that a later attempt may change: RFC 9110 408, RFC 6585 429, and what gateways answer. */
const AGAIN: ReadonlySet<number> = new Set([
  408, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524,
]);
/** The request was not processed, so that even one that is not idempotent may be sent again. */
const NOT_PROCESSED: ReadonlySet<number> = new Set([429, 503]);
/** RFC 9110, section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/** Whether a method may be sent again although the server may have acted on it. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** Whether an answer is worth another attempt. */
export function isRetryable(status: number, repeatable: boolean): boolean {
  return repeatable ? AGAIN.has(status) : NOT_PROCESSED.has(status);
}

/**
 * The pause before attempt `attempt + 1`, in milliseconds. What the server asks for is never undercut, apart from
 * the cap; jitter of 10 % keeps many clients from coming back at once.
 */
export function pauseBefore(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  if (retryAfterMs !== undefined && retryAfterMs > 0) {
    return Math.min(retryAfterMs, policy.maxRetryAfterMs) * (1 + random * 0.1);
  }
  return Math.min(policy.baseMs * 2 ** (attempt - 1), policy.maxMs) * (0.9 + random * 0.2);
}

/** The value of Retry-After (RFC 9110, section 10.2.3) in milliseconds from `now`; undefined where it says nothing usable. */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = parseHttpDate(text);
  return date === undefined ? undefined : Math.max(0, date - now.getTime());
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const IMF = /^\w{3}, (?<day>\d{2}) (?<month>\w{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/;
const RFC_850 =
  /^\w{6,9}, (?<day>\d{2})-(?<month>\w{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^\w{3} (?<month>\w{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/;

/** An HTTP-date in any of its three forms (RFC 9110, section 5.6.7), as milliseconds since the epoch. */
export function parseHttpDate(text: string): number | undefined {
  const groups = (IMF.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (groups === undefined) return undefined;
  const month = MONTHS.indexOf((groups.month ?? '').toLowerCase());
  const [hours = 0, minutes = 0, seconds = 0] = (groups.time ?? '').split(':').map(Number);
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return Date.UTC(fullYear(groups.year ?? ''), month, Number(groups.day), hours, minutes, seconds);
}

/** A year of two digits is of this century, as no server of the last one answers. */
function fullYear(text: string): number {
  return text.length === 2 ? 2000 + Number(text) : Number(text);
}
