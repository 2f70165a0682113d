/** Runs at most so many things at once; the others wait in the order in which they came. */
export type Limit = <T>(act: () => Promise<T>) => Promise<T>;

/** A limit on how many things run at once. */
export function createLimit(atOnce: number): Limit {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async (act) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** Lets many things run under one signal: the first failure aborts the others. */
export interface Crew {
  readonly signal: AbortSignal;
  /** Runs all and waits until all have ended, so that nothing goes on behind the caller's back; throws the first failure. */
  all<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]>;
}

/** A crew that ends with the signal. */
export function createCrew(signal: AbortSignal): Crew {
  const others = new AbortController();
  const stop = (error: unknown): never => {
    if (!others.signal.aborted) others.abort(error);
    throw others.signal.reason;
  };
  return {
    signal: AbortSignal.any([signal, others.signal]),
    all: async (items, act) => {
      const results = await Promise.allSettled(items.map((item) => act(item).catch(stop)));
      return results.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
    },
  };
}
