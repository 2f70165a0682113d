import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseHttpDate, parseRetryAfter, pauseBefore, RETRY } from './retry.ts';

describe('parseHttpDate', () => {
  it('reads what Date writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(parseHttpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
        },
      ),
    );
  });

  it('never throws and gives a time or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const time = parseHttpDate(text);
        expect(time === undefined || Number.isFinite(time)).toBe(true);
      }),
    );
  });
});

describe('pauseBefore', () => {
  it('grows, has a cap, and is spread by 10 %', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const pause = pauseBefore(RETRY, attempt, undefined, random);
          const middle = Math.min(RETRY.baseMs * 2 ** (attempt - 1), RETRY.maxMs);
          expect(Math.abs(pause - middle)).toBeLessThanOrEqual(middle * 0.1 + 1e-9);
        },
      ),
    );
  });

  it('is never shorter than what the server asks for, up to the cap', () => {
    fc.assert(
      fc.property(
        fc.nat(999_999_999),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seconds, random) => {
          const asked = parseRetryAfter(String(seconds), new Date(0)) ?? -1;
          expect(asked).toBe(seconds * 1000);
          fc.pre(asked > 0);
          const pause = pauseBefore(RETRY, 1, asked, random);
          expect(pause).toBeGreaterThanOrEqual(Math.min(asked, RETRY.maxRetryAfterMs));
          expect(pause).toBeLessThanOrEqual(RETRY.maxRetryAfterMs * 1.1);
        },
      ),
    );
  });
});
