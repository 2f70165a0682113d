import { setTimeout as delay } from 'node:timers/promises';

import type { ClockPort } from '@mlcontainer/plugin-kit';

/**
 * The clock of this machine. `sleep` rejects with the signal's reason when it is aborted, and does not keep
 * the process alive by itself longer than it sleeps.
 */
export function createClock(): ClockPort {
  return {
    now: () => new Date(),
    monotonic,
    sleep,
  };
}

/** Milliseconds from an arbitrary start. `performance` would do, but Node loads ten modules for it. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
