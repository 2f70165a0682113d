/** What in a value would not survive JSON, each with its path; a property that is undefined counts as left out. */
export function jsonProblems(
  value: unknown,
  path: string,
  above: readonly object[] = [],
): string[] {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} is ${value}`];
  if (typeof value !== 'object') return [`${path} is a ${typeof value}`];
  if (above.includes(value)) return [`${path} contains itself`];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      jsonProblems(item, `${path}[${index}]`, [...above, value]),
    );
  }
  if (!isPlain(value)) return [`${path} is a ${value.constructor.name}`];
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .flatMap(([key, item]) => jsonProblems(item, `${path}.${key}`, [...above, value]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A value as text in which the order of keys does not count. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** Freezes plain data through and through, so that writing to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
