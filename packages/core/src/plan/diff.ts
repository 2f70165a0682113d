import type { JsonValue, Plan } from '@mlcontainer/plugin-kit';

/** One difference of two plans; a side is missing where the path exists on the other alone. */
export interface PlanChange {
  /** JSON path with the ids of layers, targets and packages as keys. */
  readonly path: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** What changed from one plan to another, by path, sorted. */
export function diffPlans(before: Plan, after: Plan): readonly PlanChange[] {
  const left = flatten(before);
  const right = flatten(after);
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort();
  return paths.flatMap((path): PlanChange[] => {
    const a = left.get(path);
    const b = right.get(path);
    if (a === b) return [];
    return [
      { path, ...(a === undefined ? {} : { before: a }), ...(b === undefined ? {} : { after: b }) },
    ];
  });
}

/** Leaves by path. Members of a list go by their name where they have one, so that an insertion is one change. */
function flatten(
  value: unknown,
  path = '',
  into = new Map<string, JsonValue>(),
): Map<string, JsonValue> {
  if (typeof value !== 'object' || value === null) {
    into.set(path, value as JsonValue);
    return into;
  }
  for (const [key, child] of Object.entries(value)) {
    const step = Array.isArray(value) ? memberKey(child, key) : key;
    flatten(child, path === '' ? step : `${path}.${step}`, into);
  }
  return into;
}

function memberKey(child: unknown, index: string): string {
  if (typeof child === 'string') return child;
  if (typeof child !== 'object' || child === null) return index;
  const { id, name, subject, path } = child as Record<string, unknown>;
  const key = id ?? subject ?? name ?? path;
  return typeof key === 'string' ? key : index;
}
