import { mlcError } from '@mlcontainer/plugin-kit';

/** One paragraph: field names in lower case, values with their continuation lines (deb822(5)). */
export type Paragraph = ReadonlyMap<string, string>;

/**
 * Parses the paragraphs of a control file (deb822(5)). Continuation lines keep their line break and lose their
 * first blank; lines of `#` are comments. Throws MLC4012 on a line that is neither field nor continuation, and
 * on a field twice in one paragraph: readers disagree about which of them counts.
 */
export function parseDeb822(text: string, where: string): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let current = new Map<string, string>();
  let field: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.startsWith('#')) continue;
    if (line.trim() === '') {
      if (current.size > 0) paragraphs.push(current);
      current = new Map();
      field = undefined;
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (field === undefined) throw malformed(where, index, 'a continuation without a field');
      current.set(field, `${current.get(field) ?? ''}\n${line.slice(1)}`);
    } else {
      field = addField(current, line, where, index);
    }
  }
  if (current.size > 0) paragraphs.push(current);
  return paragraphs;
}

function addField(
  paragraph: Map<string, string>,
  line: string,
  where: string,
  index: number,
): string {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!/^[!-9;-~]+$/.test(name)) throw malformed(where, index, 'no field name before a colon');
  if (paragraph.has(name)) throw malformed(where, index, `the field ${name} twice`);
  paragraph.set(name, line.slice(colon + 1).trim());
  return name;
}

function malformed(where: string, index: number, detail: string): Error {
  return mlcError('MLC4012', { where, line: index + 1, detail });
}
