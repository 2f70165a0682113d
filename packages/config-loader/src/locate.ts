import { allGroups, outline, type Expression, type Group, type Part } from './outline.ts';
import type { PathStep } from './raw-problem.ts';
import { tokenize, type Token } from './tokens.ts';

/** A text whose object literals can be searched. */
export interface Source {
  readonly text: string;
  readonly items: readonly Expression[];
  readonly groups: readonly Group[];
  /** `const name = …`, by name. */
  readonly declared: ReadonlyMap<string, Expression>;
}

/** Where a config path leads to in a text. */
export interface Location {
  /** How many steps of the path were found. */
  readonly depth: number;
  /** Line and column, from 1. */
  readonly line: number;
  readonly column: number;
}

/** A place on the way: the value, and its key where it has one. */
interface Spot {
  readonly value: Expression;
  readonly keyOffset?: number;
}

/** Reads a text once, to be searched many times. Foreign or broken text gives fewer places, never an error. */
export function readSource(text: string): Source {
  const items = outline(tokenize(text));
  const groups = allGroups(items);
  const declared = new Map<string, Expression>();
  for (const { items: inner } of [{ items }, ...groups]) {
    for (const item of inner) declare(item, declared);
  }
  return { text, items, groups, declared };
}

function declare(item: Expression, declared: Map<string, Expression>): void {
  for (const [index, part] of item.parts.entries()) {
    if (!isToken(part, 'const', 'let', 'var')) continue;
    const name = item.parts[index + 1];
    const equals = item.parts.findIndex((other, at) => at > index && isToken(other, '='));
    if (name?.kind !== 'name' || equals === -1) continue;
    declared.set(name.text, rest(item, equals + 1));
  }
}

function isToken(part: Part | undefined, ...texts: readonly string[]): part is Token {
  return part !== undefined && part.kind !== 'group' && texts.includes(part.text);
}

function rest(item: Expression, from: number): Expression {
  const parts = item.parts.slice(from);
  return { offset: parts[0]?.offset ?? item.offset, parts };
}

/**
 * The deepest place of `path` that the text shows: first below what it exports as default, then in any object
 * literal. With `atKey` the last key itself, otherwise its value. Undefined where not even the export is found.
 */
export function locate(
  source: Source,
  path: readonly PathStep[],
  atKey: boolean,
): Location | undefined {
  const exported = exportedExpression(source);
  const main = exported && walk(source, { value: exported }, path);
  if (main && (main.depth > 0 || path.length === 0)) return placed(source, main, path, atKey);
  const others = source.groups
    .filter((group) => group.open === '{')
    .map((group) => walk(source, { value: { offset: group.offset, parts: [group] } }, path));
  const best = others.reduce<Walked | undefined>(deeper, undefined);
  if (best && best.depth > 0) return placed(source, best, path, atKey);
  return main && placed(source, main, path, atKey);
}

interface Walked {
  readonly spot: Spot;
  readonly depth: number;
}

function deeper(best: Walked | undefined, other: Walked): Walked {
  return best !== undefined && best.depth >= other.depth ? best : other;
}

/** What stands behind `export default`, `module.exports =` or `exports.default =`. */
function exportedExpression(source: Source): Expression | undefined {
  for (const item of source.items) {
    for (const [index, part] of item.parts.entries()) {
      const before = item.parts[index - 1];
      if (isToken(part, 'default') && isToken(before, 'export')) return rest(item, index + 1);
      const isExports = isToken(before, 'exports', 'default') && isToken(part, '=');
      if (isExports) return rest(item, index + 1);
    }
  }
  return undefined;
}

function walk(source: Source, from: Spot, path: readonly PathStep[]): Walked {
  let walked: Walked = { spot: from, depth: 0 };
  for (const key of path) {
    const spot = stepInto(source, walked.spot.value, key, 0);
    if (spot === undefined) break;
    walked = { spot, depth: walked.depth + 1 };
  }
  return walked;
}

/** A name is followed to its declaration; more hops than this are a circle. */
const MAX_HOPS = 8;

function stepInto(
  source: Source,
  value: Expression,
  key: PathStep,
  hops: number,
): Spot | undefined {
  for (const part of value.parts) {
    const found = part.kind === 'group' ? stepIntoGroup(source, part, key, hops) : undefined;
    if (found) return found;
  }
  return followName(source, value, key, hops);
}

function followName(
  source: Source,
  value: Expression,
  key: PathStep,
  hops: number,
): Spot | undefined {
  const [name, second] = value.parts;
  // Two names in a row: `as`, `satisfies`, or the next statement where semicolons are left out.
  const isPlain = second === undefined || second.kind === 'name';
  if (name?.kind !== 'name' || !isPlain || hops >= MAX_HOPS) return undefined;
  const declared = source.declared.get(name.text);
  return declared && stepInto(source, declared, key, hops + 1);
}

function stepIntoGroup(
  source: Source,
  group: Group,
  key: PathStep,
  hops: number,
): Spot | undefined {
  if (group.open === '[') {
    const value = typeof key === 'number' ? group.items[key] : undefined;
    return value && { value };
  }
  if (group.open === '{') {
    return entryOf(group, String(key)) ?? firstInside(source, inner(group), key, hops);
  }
  return firstInside(source, group.items, key, hops);
}

function firstInside(
  source: Source,
  items: readonly Expression[],
  key: PathStep,
  hops: number,
): Spot | undefined {
  for (const item of items) {
    const found = stepInto(source, item, key, hops);
    if (found) return found;
  }
  return undefined;
}

/** What a block returns and what an object spreads. */
function inner(group: Group): Expression[] {
  return group.items.flatMap((item) =>
    item.parts.flatMap((part, index) =>
      isToken(part, 'return', '...') ? [rest(item, index + 1)] : [],
    ),
  );
}

function entryOf(group: Group, key: string): Spot | undefined {
  for (const item of group.items) {
    const [name, colon] = item.parts;
    if (name === undefined || name.kind === 'group' || name.text !== key) continue;
    if (isToken(colon, ':') && item.parts.length > 2) {
      return { value: rest(item, 2), keyOffset: name.offset };
    }
    if (colon === undefined && name.kind === 'name') return { value: item, keyOffset: name.offset };
  }
  return undefined;
}

function placed(
  source: Source,
  { spot, depth }: Walked,
  path: readonly PathStep[],
  atKey: boolean,
): Location {
  const atLastKey = atKey && depth === path.length;
  const offset = (atLastKey ? spot.keyOffset : undefined) ?? openingOf(spot.value, depth);
  const before = source.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { depth, line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** For the config as a whole, its first brace, behind `defineConfig(`. */
function openingOf(value: Expression, depth: number): number {
  if (depth > 0) return value.offset;
  const groups = allGroups([value]);
  return groups.find((group) => group.open === '{')?.offset ?? value.offset;
}
