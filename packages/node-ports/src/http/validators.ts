import { headerOf, type Answer } from './exchange.ts';
import { parseHttpDate } from './retry.ts';

/**
 * The value for If-Range by which a server proves that the rest belongs to the same file: a strong ETag, or a
 * Last-Modified that is strong because the answer is younger by a second (RFC 9110, sections 8.8.2.2, 13.1.5).
 */
export function rangeValidator(answer: Pick<Answer, 'headers'>): string | undefined {
  const tag = headerOf(answer, 'etag');
  if (tag !== undefined && /^"[^"]*"$/.test(tag)) return tag;
  const modified = headerOf(answer, 'last-modified');
  const changed = parseHttpDate(modified ?? '');
  const sent = parseHttpDate(headerOf(answer, 'date') ?? '');
  return changed !== undefined && sent !== undefined && sent - changed >= 1000
    ? modified
    : undefined;
}

/** Where a 206 begins and how long the file is (RFC 9110, section 14.4); undefined where it does not say. */
export function parseContentRange(
  value: string | undefined,
): { start: number; end: number; size?: number } | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(value?.trim() ?? '');
  if (match === null) return undefined;
  const [, start, end, size] = match;
  const range = { start: Number(start), end: Number(end) };
  return size === '*' ? range : { ...range, size: Number(size) };
}

/** Content-Length, where it is a number. */
export function contentLength(answer: Pick<Answer, 'headers'>): number | undefined {
  const value = headerOf(answer, 'content-length');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
