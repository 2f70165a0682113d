/** A piece of JavaScript or TypeScript text, as far as finding keys needs it. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'punctuation' | 'regex';
  /** The text; of a string without escapes, what stands between its quotes. */
  readonly text: string;
  /** In UTF-16 code units from the start. */
  readonly offset: number;
}

const BLANK = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y;
const NAME = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /(?:\d[\w.]*|\.\d\w*)/y;
const QUOTED = /'(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\]?)+\/[a-z]*/y;
const PUNCTUATION = /=>|\.\.\.|&&|\|\||\?\?|[\s\S]/y;

/**
 * Splits text into tokens. It never fails: what it does not understand becomes punctuation. Only what a
 * reader of object literals could stumble over is exact: strings, templates, comments, regular expressions.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = text.startsWith('#!') ? endOfLine(text) : 0;
  while (offset < text.length) {
    const blank = match(BLANK, text, offset);
    if (blank !== undefined) {
      offset += blank.length;
      continue;
    }
    const token = readToken(text, offset, tokens.at(-1));
    tokens.push(token.token);
    offset = token.end;
  }
  return tokens;
}

function endOfLine(text: string): number {
  const end = text.indexOf('\n');
  return end === -1 ? text.length : end;
}

function match(expression: RegExp, text: string, offset: number): string | undefined {
  expression.lastIndex = offset;
  return expression.exec(text)?.[0];
}

function readToken(
  text: string,
  offset: number,
  before: Token | undefined,
): { token: Token; end: number } {
  const made = (kind: Token['kind'], raw: string, value = raw) => ({
    token: { kind, text: value, offset },
    end: offset + raw.length,
  });
  if (text[offset] === '`') {
    const end = templateEnd(text, offset);
    return made('string', text.slice(offset, end), text.slice(offset + 1, end - 1));
  }
  const quoted = match(QUOTED, text, offset);
  if (quoted !== undefined) return made('string', quoted, quoted.slice(1, -1));
  const name = match(NAME, text, offset);
  if (name !== undefined) return made('name', name);
  const number = match(NUMBER, text, offset);
  if (number !== undefined) return made('number', number);
  const regex = text[offset] === '/' && !endsValue(before) ? match(REGEX, text, offset) : undefined;
  if (regex !== undefined) return made('regex', regex);
  return made('punctuation', match(PUNCTUATION, text, offset) ?? text.slice(offset, offset + 1));
}

/** After a value, a slash divides; anywhere else it begins a regular expression. */
function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'name') return !['return', 'typeof', 'case', 'in', 'of'].includes(token.text);
  return token.kind !== 'punctuation' || [')', ']', '}'].includes(token.text);
}

/** The end of a template literal, past its `${…}` parts and the templates in them. */
function templateEnd(text: string, start: number): number {
  const open: ('`' | '{')[] = ['`'];
  let index = start + 1;
  for (; index < text.length && open.length > 0; index++) {
    const char = text[index];
    const inTemplate = open.at(-1) === '`';
    if (inTemplate && char === '\\') index++;
    else if (inTemplate && char === '$' && text[index + 1] === '{') open.push('{');
    else if (inTemplate && char === '`') open.pop();
    else if (!inTemplate && char === '`') open.push('`');
    else if (!inTemplate && char === '}') open.pop();
  }
  return index;
}
