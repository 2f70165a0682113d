import { inspect } from 'node:util';
import type { z } from 'zod/mini';
import { hintFor } from './hints.ts';
import { UNKNOWN_KEY, type PathStep, type RawProblem } from './raw-problem.ts';

type Issue = z.core.$ZodIssue;

/** Every problem that zod found, in words; unions are narrowed to the branch that the user most likely meant. */
export function problemsOf(issues: readonly Issue[], config: unknown): RawProblem[] {
  return issues
    .flatMap((issue) => problemsOfIssue(issue, [], config))
    .map((problem) => withHint(problem, config));
}

function problemsOfIssue(issue: Issue, base: readonly PathStep[], config: unknown): RawProblem[] {
  const path = [...base, ...issue.path.map(step)];
  const got = describeValue(valueAt(config, path), path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key]));
    case 'invalid_union':
      return union(issue, path, config) ?? [{ path, expected: expectedOf(issue), got }];
    case 'invalid_key':
      return [
        {
          path,
          expected: issue.issues[0]?.message ?? 'another key',
          got: JSON.stringify(path.at(-1)),
        },
      ];
    default:
      return [{ path, expected: expectedOf(issue), got }];
  }
}

function step(key: PropertyKey): PathStep {
  return typeof key === 'number' ? key : String(key);
}

function unknownKey(path: readonly PathStep[]): RawProblem {
  return { path, expected: UNKNOWN_KEY, got: JSON.stringify(path.at(-1)) };
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** The branch whose own type matches, so that only what is inside it is wrong. */
function union(
  issue: UnionIssue,
  path: readonly PathStep[],
  config: unknown,
): RawProblem[] | undefined {
  const meant = issue.errors.find((errors) => !errors.some(isAboutType));
  return meant?.flatMap((inner) => problemsOfIssue(inner, path, config));
}

function isAboutType(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function expectedOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return issue.origin === 'array'
        ? `at least ${issue.minimum} entry`
        : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_union':
      return issue.errors.length > 0 ? unionWords(issue) : oneOf(optionsOf(issue));
    default:
      return issue.message;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
};

function oneOf(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' or ');
}

function optionsOf(issue: UnionIssue): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
}

function unionWords(issue: UnionIssue): string {
  const words = issue.errors.flatMap((errors) => errors.filter(isAboutType).map(expectedOf));
  return [...new Set(words)].join(' or ');
}

/** What stands at a path; undefined where the path leads nowhere. */
export function valueAt(config: unknown, path: readonly PathStep[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return (value as Record<PathStep, unknown>)[key];
  }, config);
}

function isPrivate(path: readonly PathStep[]): boolean {
  return path[0] === 'env' || path.at(-1) === 'mirror' || path[2] === 'credentials';
}

/** A value in a few words. What stands in `env` or a mirror's URL may be secret and is not repeated. */
export function describeValue(value: unknown, path: readonly PathStep[] = []): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (typeof value === 'object') return 'an object';
  if (isPrivate(path)) return `a ${typeof value}`;
  const words = typeof value === 'string' ? JSON.stringify(value) : inspect(value);
  return words.length > 60 ? `${words.slice(0, 57)}…` : words;
}

function withHint(problem: RawProblem, config: unknown): RawProblem {
  const hint = hintFor(problem, valueAt(config, problem.path));
  return hint === undefined ? problem : { ...problem, hint };
}
