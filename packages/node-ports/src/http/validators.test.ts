import fc from 'fast-check';
import { expect, it } from 'vitest';

import { contentLength, parseContentRange, rangeValidator } from './validators.ts';

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Thu, 01 Jan 2026 00:00:01 GMT';

it.each([
  [{ etag: '"a"' }, '"a"'],
  [{ etag: 'W/"a"' }, undefined],
  [{ etag: 'a' }, undefined],
  [{ etag: 'W/"a"', 'last-modified': DATE, date: LATER }, DATE],
  [{ 'last-modified': DATE, date: DATE }, undefined],
  [{ 'last-modified': DATE }, undefined],
  [{}, undefined],
])('a validator of %j is %s', (headers, expected) =>
  expect(rangeValidator({ headers })).toBe(expected),
);

it('reads Content-Range', () => {
  expect(parseContentRange('bytes 5-9/10')).toEqual({ start: 5, end: 9, size: 10 });
  expect(parseContentRange('bytes 5-9/*')).toEqual({ start: 5, end: 9 });
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseContentRange(text)).toBeUndefined();
    }),
  );
});

it('reads Content-Length', () => {
  expect(contentLength({ headers: { 'content-length': '12' } })).toBe(12);
  expect(contentLength({ headers: { 'content-length': '-1' } })).toBeUndefined();
  expect(contentLength({ headers: {} })).toBeUndefined();
});
