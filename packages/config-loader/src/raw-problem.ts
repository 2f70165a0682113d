/** A step into a config: a key or an index. */
export type PathStep = string | number;

/** A problem before its place in the source is known. */
export interface RawProblem {
  readonly path: readonly PathStep[];
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** What is expected in place of a key that nobody knows. */
export const UNKNOWN_KEY = 'a known key';

/** `model.allow[0].global`; keys that are no identifiers in quotes. */
export function pathText(path: readonly PathStep[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}
