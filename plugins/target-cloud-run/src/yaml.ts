/** What a spec is made of. */
type Node =
  string | number | boolean | readonly Node[] | { readonly [key: string]: Node | undefined };

type Block = Exclude<Node, string | number | boolean>;

/** Begins with a letter or a slash, so it is no number and no date, and has nothing that YAML reads a meaning into. */
const PLAIN = /^[A-Za-z/](?:[A-Za-z0-9 ._/@+-]*[A-Za-z0-9._/@+-])?$/;

/** A quantity of Kubernetes. */
const QUANTITY = /^\d+[KMGTP]i$/;

/**
 * What a reader of YAML 1.1 or 1.2 takes for something else than a string: yaml.org/type/bool.html, null.html, and a
 * number of an exponent alone (`E0`), which the rules of float.html forbid and some readers find all the same.
 */
const RESERVED = /^(?:y|yes|n|no|true|false|on|off|null|e[-+]?\d+)$/i;

/** Characters that YAML knows in escaped form alone, and JSON does not escape. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** YAML 1.2 that a reader of YAML 1.1 takes for the same; long lines stay whole. Keys without a value are left out. */
export function toYaml(value: object): string {
  const node = value as Node;
  return `${isBlock(node) ? lines(node).join('\n') : inline(node)}\n`;
}

function lines(value: Block): string[] {
  if (Array.isArray(value)) return (value as readonly Node[]).flatMap((item) => itemLines(item));
  return entriesOf(value).flatMap(entryLines);
}

function itemLines(item: Node): string[] {
  const [first = '', ...rest] = isBlock(item) ? lines(item) : [inline(item)];
  return [`- ${first}`, ...indented(rest)];
}

function entryLines([key, value]: readonly [string, Node]): string[] {
  const name = scalar(key);
  return isBlock(value) ? [`${name}:`, ...indented(lines(value))] : [`${name}: ${inline(value)}`];
}

function entriesOf(value: object): [string, Node][] {
  return Object.entries(value as Record<string, Node | undefined>).filter(
    (entry): entry is [string, Node] => entry[1] !== undefined,
  );
}

/** Takes lines of its own. */
function isBlock(value: Node): value is Block {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && entriesOf(value).length > 0;
}

function inline(value: Node): string {
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  return scalar(value);
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const isPlain = (PLAIN.test(value) && !RESERVED.test(value)) || QUANTITY.test(value);
  return isPlain ? value : JSON.stringify(value).replace(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function indented(list: readonly string[]): string[] {
  return list.map((line) => `  ${line}`);
}
