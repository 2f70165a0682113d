/** A configuration file: section, then key, then value. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A configuration file that Python's configparser would refuse. */
export class IniError extends Error {
  override readonly name = 'IniError';
}

interface Cursor {
  section: Map<string, string[]> | undefined;
  option: string[] | undefined;
  indent: number;
}

/**
 * Reads an INI file as Python's `RawConfigParser` does with its defaults, which pip uses: `=` or `:`, comment lines
 * with `#` or `;`, values continued by deeper indentation, keys in lower case, nothing twice. Throws `IniError` with
 * the line.
 */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string[]>>();
  const cursor: Cursor = { section: undefined, option: undefined, indent: 0 };
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    readLine(sections, cursor, line, index + 1);
  }
  return new Map(
    [...sections].map(([name, options]) => [
      name,
      new Map([...options].map(([key, lines]) => [key, lines.join('\n').trimEnd()])),
    ]),
  );
}

function readLine(
  sections: Map<string, Map<string, string[]>>,
  cursor: Cursor,
  line: string,
  number: number,
): void {
  const value = line.trim();
  if (value.startsWith('#') || value.startsWith(';')) return;
  if (value === '') {
    cursor.option?.push('');
    return;
  }
  const indent = line.length - line.trimStart().length;
  if (cursor.option && indent > cursor.indent) {
    cursor.option.push(value);
    return;
  }
  cursor.indent = indent;
  const header = /^\[(.+)\]/.exec(value)?.[1];
  if (header !== undefined) {
    if (sections.has(header))
      throw new IniError(`line ${number}: section [${header}] is there twice`);
    cursor.section = new Map();
    cursor.option = undefined;
    sections.set(header, cursor.section);
  } else {
    readOption(cursor, value, number);
  }
}

function readOption(cursor: Cursor, line: string, number: number): void {
  const match = /^(.*?)\s*[=:]\s*(.*)$/.exec(line);
  if (!cursor.section) throw new IniError(`line ${number}: an option stands before any [section]`);
  if (!match || match[1] === '')
    throw new IniError(`line ${number}: neither section, option nor comment`);
  const key = (match[1] ?? '').toLowerCase();
  if (cursor.section.has(key)) throw new IniError(`line ${number}: ${key} is there twice`);
  cursor.option = [match[2] ?? ''];
  cursor.section.set(key, cursor.option);
}
