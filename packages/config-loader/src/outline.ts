import type { Token } from './tokens.ts';

/** An expression, or anything else between two separators, with the brackets in it. */
export interface Expression {
  readonly offset: number;
  /** The tokens outside of brackets, and the bracketed groups, in their order. */
  readonly parts: readonly Part[];
}

export type Part = Token | Group;

/** A pair of brackets and what it holds, separated by commas and semicolons. */
export interface Group {
  readonly kind: 'group';
  readonly open: '{' | '[' | '(';
  readonly offset: number;
  readonly items: readonly Expression[];
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** Nobody writes such a config; it keeps the recursion off the end of the stack. */
const MAX_DEPTH = 200;

/** The brackets of a text as a tree. A bracket without its partner ends where its surroundings end. */
export function outline(tokens: readonly Token[]): Expression[] {
  return readItems({ tokens, index: 0 }, undefined, 0);
}

interface Cursor {
  readonly tokens: readonly Token[];
  index: number;
}

function readItems(cursor: Cursor, closing: string | undefined, depth: number): Expression[] {
  const items: Expression[] = [];
  let parts: Part[] = [];
  const finish = () => {
    const [first] = parts;
    if (first !== undefined) items.push({ offset: first.offset, parts });
    parts = [];
  };
  for (let token = next(cursor); token !== undefined; token = next(cursor)) {
    const { text } = token;
    if (token.kind !== 'punctuation') parts.push(token);
    else if (text === closing) break;
    else if (text === ',' || text === ';') finish();
    else if (CLOSING[text] === undefined || depth === MAX_DEPTH) parts.push(token);
    else parts.push(readGroup(cursor, token, depth));
  }
  finish();
  return items;
}

function next(cursor: Cursor): Token | undefined {
  return cursor.tokens[cursor.index++];
}

function readGroup(cursor: Cursor, token: Token, depth: number): Group {
  const items = readItems(cursor, CLOSING[token.text], depth + 1);
  return { kind: 'group', open: token.text as Group['open'], offset: token.offset, items };
}

/** Every group at any depth, the outer before the inner. */
export function allGroups(items: readonly Expression[]): Group[] {
  return items.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'group' ? [part, ...allGroups(part.items)] : [])),
  );
}
