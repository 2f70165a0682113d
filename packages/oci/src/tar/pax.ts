import { HeaderFault } from './header.ts';

/** What PAX records say about the next entry. */
export interface PaxRecords {
  readonly path?: string;
  readonly linkPath?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  /** Names of extended attributes, without their values. */
  readonly xattrs: readonly string[];
  /** A feature that changes how the content is read, such as sparse files. */
  readonly unsupported?: string;
}

const XATTR_PREFIXES = ['SCHILY.xattr.', 'LIBARCHIVE.xattr.'];
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses the records of a PAX header (POSIX.1-2017 pax, "pax Extended Header"): `length key=value\n`.
 * Throws a HeaderFault on a length that does not fit, a NUL, a key twice, or text that is not UTF-8.
 */
export function parsePax(body: Uint8Array): PaxRecords {
  const values = new Map<string, string>();
  const xattrs: string[] = [];
  let at = 0;
  while (at < body.length) {
    const record = nextRecord(body, at);
    at = record.end;
    const xattr = XATTR_PREFIXES.find((prefix) => record.key.startsWith(prefix));
    if (xattr !== undefined) xattrs.push(record.key.slice(xattr.length));
    else addValue(values, record.key, record.value);
  }
  return interpret(values, xattrs);
}

function nextRecord(body: Uint8Array, at: number): { key: string; value: Uint8Array; end: number } {
  const space = body.indexOf(0x20, at);
  const digits =
    space < 0 ? '' : String.fromCharCode(...body.subarray(at, Math.min(space, at + 12)));
  const end = at + Number(digits);
  if (!/^[1-9]\d{0,9}$/.test(digits) || end > body.length || body[end - 1] !== 0x0a) {
    throw new HeaderFault('PAX record with a wrong length');
  }
  const equals = body.indexOf(0x3d, space);
  if (equals < 0 || equals >= end - 1 || equals === space + 1)
    throw new HeaderFault('PAX record without key');
  const key = decode(body.subarray(space + 1, equals));
  if (key.includes('\0')) throw new HeaderFault('NUL in a PAX key');
  return { key, value: body.subarray(equals + 1, end - 1), end };
}

function addValue(values: Map<string, string>, key: string, bytes: Uint8Array): void {
  if (values.has(key)) throw new HeaderFault(`PAX key ${key} twice`);
  if (bytes.includes(0)) throw new HeaderFault(`NUL in the PAX value of ${key}`);
  values.set(key, decode(bytes));
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new HeaderFault('PAX record is not UTF-8', { cause });
  }
}

function interpret(values: ReadonlyMap<string, string>, xattrs: readonly string[]): PaxRecords {
  const path = values.get('path');
  const linkPath = values.get('linkpath');
  const size = integer(values, 'size');
  const uid = integer(values, 'uid');
  const gid = integer(values, 'gid');
  const mtime = seconds(values.get('mtime'));
  const unsupported = unsupportedOf(values);
  return {
    xattrs,
    ...(path !== undefined && { path: notEmpty(path, 'path') }),
    ...(linkPath !== undefined && { linkPath: notEmpty(linkPath, 'linkpath') }),
    ...(size !== undefined && { size }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(mtime !== undefined && { mtime }),
    ...(unsupported !== undefined && { unsupported }),
  };
}

function unsupportedOf(values: ReadonlyMap<string, string>): string | undefined {
  const charset = values.get('hdrcharset');
  if (charset !== undefined && charset !== 'ISO-IR 10646 2000 UTF-8')
    return `header charset ${charset}`;
  return [...values.keys()].find(
    (key) => key.startsWith('GNU.sparse.') || key.startsWith('GNU.volume.'),
  );
}

function notEmpty(value: string, key: string): string {
  if (value === '') throw new HeaderFault(`PAX ${key} is empty`);
  return value;
}

function integer(values: ReadonlyMap<string, string>, key: string): number | undefined {
  const value = values.get(key);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (!/^\d{1,16}$/.test(value) || !Number.isSafeInteger(parsed)) {
    throw new HeaderFault(`PAX ${key} is no number`);
  }
  return parsed;
}

/** Whole seconds; fractions are dropped. */
function seconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^-?\d{1,15}(\.\d*)?$/.test(value)) throw new HeaderFault('PAX mtime is no time');
  return Math.floor(Number(value));
}
