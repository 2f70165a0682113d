/** A line of things: whoever puts them in never waits, whoever takes them out does. */
export interface Queue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** Nothing more comes. */
  end(): void;
  /** Nothing more comes, because of this; what stands in line is still taken. */
  fail(error: unknown): void;
}

/** A queue for one taker. */
export function createQueue<T>(): Queue<T> {
  const items: T[] = [];
  let last: { readonly error?: unknown } | undefined;
  let wake: (() => void) | undefined;
  const change = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    push: (item) => {
      items.push(item);
      change();
    },
    end: () => {
      last ??= {};
      change();
    },
    fail: (error) => {
      last ??= { error };
      change();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) yield item;
        else if (last === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if ('error' in last) throw last.error;
        else return;
      }
    },
  };
}
