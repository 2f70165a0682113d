/** Work that several ask for at once and that is done once. */
export interface Shared<T> {
  /**
   * The result under a key; `run` is started where none is held. A caller that aborts leaves the others alone; when
   * all have, the work itself is aborted.
   */
  get(key: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Forgets what is held; work under way goes on for those who wait for it. */
  forget(matches: (key: string) => boolean): void;
}

interface Entry<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  settled: boolean;
}

/** Failures are not held. */
export function createShared<T>(): Shared<T> {
  const entries = new Map<string, Entry<T>>();
  return {
    get(key, signal, run) {
      const entry = entries.get(key) ?? start(run);
      entries.set(key, entry);
      entry.result.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return wait(entry, signal);
    },
    forget(matches) {
      for (const key of entries.keys()) if (matches(key)) entries.delete(key);
    },
  };
}

function start<T>(run: (signal: AbortSignal) => Promise<T>): Entry<T> {
  const controller = new AbortController();
  const result = run(controller.signal);
  const entry: Entry<T> = { result, controller, waiting: 0, settled: false };
  const settle = (): void => void (entry.settled = true);
  result.then(settle, settle);
  return entry;
}

function wait<T>(entry: Entry<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  if (entry.settled) return entry.result;
  entry.waiting += 1;
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => {
      entry.waiting -= 1;
      if (entry.waiting === 0) entry.controller.abort(signal.reason);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    const done = (): void => signal.removeEventListener('abort', leave);
    entry.result.finally(done).then(resolve, reject);
  });
}
