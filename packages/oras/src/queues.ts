/** Runs tasks of one key one after the other; tasks of different keys do not wait for each other. */
export type Queues = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/** A queue for each key, as long as something is in it. */
export function createQueues(): Queues {
  const last = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
