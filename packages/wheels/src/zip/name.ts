const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What is wrong with a member's name, in words; undefined for a good one. */
export type NameProblem = string;

/**
 * Decodes a member's name. Without the UTF-8 flag (APPNOTE 4.4.4, bit 11) only ASCII is taken: readers differ in
 * what else the bytes mean.
 */
export function decodeName(raw: Uint8Array, utf8Flag: boolean): string | undefined {
  if (!utf8Flag && raw.some((byte) => byte > 0x7e)) return undefined;
  try {
    return utf8.decode(raw);
  } catch {
    return undefined;
  }
}

/** Says why a path could leave its folder or be read differently by others. A `/` at the end is a directory's. */
export function pathProblem(path: string): NameProblem | undefined {
  const body = path.endsWith('/') ? path.slice(0, -1) : path;
  if (body === '') return 'is empty';
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(body))
    return 'holds a control character';
  if (body.includes('\\')) return 'holds a backslash';
  if (/^[A-Za-z]:/.test(body)) return 'begins with a drive letter';
  if (body.startsWith('/')) return 'is absolute';
  const parts = body.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return 'holds an empty, `.` or `..` segment';
  }
  if (parts.some((part) => Buffer.byteLength(part) > 255))
    return 'holds a segment longer than 255 bytes';
  if (Buffer.byteLength(body) > 4096) return 'is longer than 4096 bytes';
  return undefined;
}
