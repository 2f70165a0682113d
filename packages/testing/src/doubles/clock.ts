import type { ClockPort } from '@mlcontainer/plugin-kit';

/** A clock that does not wait: a sleep moves it on and returns. */
export interface FakeClock extends ClockPort {
  /** Every sleep asked for, in milliseconds. */
  readonly sleeps: readonly number[];
  advance(milliseconds: number): void;
}

/** A clock that starts at a given moment, 2026-01-01T00:00:00Z when left out. */
export function fakeClock(start: Date = new Date(Date.UTC(2026, 0, 1))): FakeClock {
  const sleeps: number[] = [];
  let elapsed = 0;
  return {
    sleeps,
    now: () => new Date(start.getTime() + elapsed),
    monotonic: () => elapsed,
    advance: (milliseconds) => {
      elapsed += milliseconds;
    },
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted();
      sleeps.push(milliseconds);
      elapsed += milliseconds;
    },
  };
}
