/** One challenge of `WWW-Authenticate` (RFC 9110, section 11.6.1). Names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Longer headers are cut: no registry has more to say. */
const MOST = 16 * 1024;
const TOKEN = /[!#$%&'*+\-.^_`|~\w]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BLANK = /[ \t,]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
/** What is left of a value that no grammar allows. */
const REST = /[^,]*/y;

/** Reads all challenges, of one header or several joined by commas. What makes no sense is passed over. */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, MOST);
  const found: { scheme: string; params: Record<string, string> }[] = [];
  let at = skip(BLANK, text, 0);
  while (at < text.length) {
    const name = match(TOKEN, text, at);
    if (name === undefined) {
      at = skip(BLANK, text, at + 1);
      continue;
    }
    const behind = at + name.length;
    const equals = match(EQUALS, text, behind);
    const last = found.at(-1);
    if (equals !== undefined && last !== undefined) {
      at = readValue(text, behind + equals.length, name, last.params);
    } else {
      found.push({ scheme: name.toLowerCase(), params: {} });
      at = behind;
    }
    at = skip(BLANK, text, at);
  }
  return found;
}

/** Puts one parameter in, the first of a name counting, and says where reading goes on. */
function readValue(text: string, at: number, name: string, params: Record<string, string>): number {
  const quoted = matchAll(QUOTED, text, at);
  const raw = quoted?.[0] ?? match(TOKEN, text, at) ?? '';
  const value = quoted === undefined ? raw : (quoted[1] ?? '').replaceAll(/\\(.)/g, '$1');
  // Some registries leave the quotes out although a token may not hold what is in them.
  const rest = quoted === undefined ? (match(REST, text, at + raw.length) ?? '') : '';
  params[name.toLowerCase()] ??= quoted === undefined ? (raw + rest).trim() : value;
  return at + raw.length + rest.length;
}

function matchAll(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  return matchAll(pattern, text, at)?.[0];
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (match(pattern, text, at)?.length ?? 0);
}
