/** Things that are costly to make and keep nothing from one use to the next; each has one user at a time. */
export interface Pool<T> {
  take(): T;
  /** For whoever comes next. One that is not given back is lost to the garbage collector, no more. */
  give(thing: T): void;
}

export function pool<T>(make: () => T): Pool<T> {
  const idle: T[] = [];
  return {
    take: () => idle.pop() ?? make(),
    give: (thing) => void idle.push(thing),
  };
}
