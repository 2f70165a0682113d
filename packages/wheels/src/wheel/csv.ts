/**
 * Rows of a comma-separated file as Python's `csv` writes it: fields quoted where needed, quotes doubled, rows
 * ended by CR LF or LF. Undefined when a quote is out of place.
 */
export function parseCsv(text: string): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = text[at] === '"' ? quoted(text, at) : plain(text, at);
    if (!field) return undefined;
    row.push(field.value);
    at = field.end;
    if (text[at] === ',') {
      at += 1;
      if (at < text.length) continue;
      row.push('');
    }
    const rest = /^\r*\n?/.exec(text.slice(at, at + 8))?.[0].length ?? 0;
    if (at < text.length && rest === 0) return undefined;
    rows.push(row);
    row = [];
    at += rest;
  }
  return rows.filter((fields) => fields.length > 1 || fields[0] !== '');
}

const END_OF_FIELD = /[,\r\n"]/g;

function plain(text: string, at: number): { value: string; end: number } | undefined {
  END_OF_FIELD.lastIndex = at;
  const end = END_OF_FIELD.exec(text)?.index ?? text.length;
  return text[end] === '"' ? undefined : { value: text.slice(at, end), end };
}

function quoted(text: string, at: number): { value: string; end: number } | undefined {
  let value = '';
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] !== '"') value += text[end];
    else if (text[end + 1] === '"') value += text[end++];
    else return { value, end: end + 1 };
  }
  return undefined;
}

/** One row, without the end of line: fields quoted where they hold a comma, a quote or a line end. */
export function formatCsvRow(fields: readonly string[]): string {
  return fields
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
