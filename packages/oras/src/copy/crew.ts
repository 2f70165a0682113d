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
