/** Work that is done once for each key, also when it is asked for several times at once. */
export interface Once<T> {
  /** What is known for the key, or the work that is on its way, or new work. */
  run(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Whether it was done, or is on its way. */
  has(key: string): boolean;
  forget(key: string): void;
  /** Forgets what was done, not what is on its way. */
  forgetDone(key: string): void;
}

interface Entry<T> {
  isDone: boolean;
  readonly result: Promise<T>;
  readonly signal: AbortSignal;
}

/** Failed work is forgotten; whoever waited for work that another caller broke off does it anew. */
export function createOnce<T>(): Once<T> {
  const known = new Map<string, Entry<T>>();
  const start = (key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const entry: Entry<T> = { result: work(), signal, isDone: false };
    known.set(key, entry);
    entry.result.then(
      () => (entry.isDone = true),
      () => known.get(key) === entry && known.delete(key),
    );
    return entry.result;
  };
  return {
    async run(key, signal, work) {
      for (;;) {
        const entry = known.get(key);
        if (entry === undefined) return start(key, signal, work);
        try {
          return await orAbort(entry.result, signal);
        } catch (error) {
          if (signal.aborted || !entry.signal.aborted) throw error;
          if (known.get(key) === entry) known.delete(key);
        }
      }
    },
    has: (key) => known.has(key),
    forget: (key) => known.delete(key),
    forgetDone: (key) => known.get(key)?.isDone === true && known.delete(key),
  };
}

/** Waits for another's work, but no longer than the own signal allows. */
function orAbort<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
