import { createRecorder, type Recorder } from './context.ts';
import { describeError } from './errors.ts';
import { underTraps, type Conditions } from './traps.ts';

/** A hook that takes longer has hung; hooks have nothing to wait for. Milliseconds. */
const HUNG_MS = 10_000;

/** How a hook ended. */
export type Outcome =
  | { readonly ended: 'returned'; readonly value: unknown }
  | { readonly ended: 'threw'; readonly error: unknown }
  | { readonly ended: 'hung' };

/** Everything that was seen while a hook ran. */
export interface Observation {
  readonly outcome: Outcome;
  /** What it reached past its context. */
  readonly accesses: readonly string[];
  readonly recorder: Recorder;
}

export type Hook = (signal: AbortSignal, recorder: Recorder) => unknown;

/** An ordinary run, and one at another time with other chances: a hook must not tell them apart. */
export const ORDINARY: Conditions = { clockShift: 0, random: 0.25 };
export const OTHERWISE: Conditions = { clockShift: 400 * 24 * 60 * 60 * 1000, random: 0.75 };

/** Calls a hook once. */
export async function observe(hook: Hook, conditions: Conditions = ORDINARY): Promise<Observation> {
  const recorder = createRecorder();
  const { signal } = new AbortController();
  const { value, accesses } = await underTraps(conditions, () =>
    settle(() => hook(signal, recorder), HUNG_MS),
  );
  return { outcome: value, accesses, recorder };
}

/** Waits for a hook, but not for ever. */
export async function settle(call: () => unknown, limitMs: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve({ ended: 'hung' }), limitMs);
  });
  const done = Promise.resolve()
    .then(call)
    .then(
      (value): Outcome => ({ ended: 'returned', value }),
      (error: unknown): Outcome => ({ ended: 'threw', error }),
    );
  return Promise.race([done, hung]).finally(() => clearTimeout(timer));
}

/** How a hook ended, for a message. */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.ended === 'threw') return `threw ${describeError(outcome.error)}`;
  return outcome.ended === 'hung' ? `did not return within ${HUNG_MS / 1000} s` : 'returned';
}
