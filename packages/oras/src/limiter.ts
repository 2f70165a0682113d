/** Runs at most so many tasks at a time; the others wait in the order in which they came. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** A limiter for `most` tasks at a time. */
export function createLimiter(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed on, so that nobody comes in between.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
