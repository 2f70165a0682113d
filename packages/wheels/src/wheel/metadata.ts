/** Core metadata as far as a build needs it (core metadata specification). */
export interface WheelMetadata {
  /** As written. */
  readonly name: string;
  readonly version: string;
  readonly summary?: string;
  readonly requiresPython?: string;
  /** PEP 508 strings with their markers, as written. */
  readonly requiresDist: readonly string[];
  /** SPDX expression (PEP 639), or the older free text when it is a single line. */
  readonly license?: string;
}

/** Header fields of an RFC 822 style file: lower-case name to its values, continuation lines joined. */
export function parseHeaders(text: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    const match = /^([A-Za-z0-9_-]+)\s*:\s*(.*)$/.exec(line);
    if (/^[ \t]/.test(line) && values) {
      values.push(`${values.pop() ?? ''}\n${line.trim()}`);
    } else if (match) {
      const name = (match[1] ?? '').toLowerCase();
      values = headers.get(name) ?? [];
      values.push((match[2] ?? '').trim());
      headers.set(name, values);
    } else {
      values = undefined;
    }
  }
  return headers;
}

/** Reads METADATA; undefined when name or version is not there exactly once. */
export function parseMetadata(text: string): WheelMetadata | undefined {
  const headers = parseHeaders(text);
  const one = (name: string) =>
    headers.get(name)?.length === 1 ? headers.get(name)?.[0] : undefined;
  const name = one('name');
  const version = one('version');
  if (!name || !version) return undefined;
  const summary = one('summary');
  const requiresPython = one('requires-python');
  const license = one('license-expression') ?? shortLicense(one('license'));
  return {
    name,
    version,
    ...(summary ? { summary } : {}),
    ...(requiresPython ? { requiresPython } : {}),
    requiresDist: headers.get('requires-dist') ?? [],
    ...(license ? { license } : {}),
  };
}

/** Older metadata may carry the whole text of a licence here. */
function shortLicense(text: string | undefined): string | undefined {
  return text && text.length <= 80 && !text.includes('\n') ? text : undefined;
}
