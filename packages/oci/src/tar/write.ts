import type { Entry } from '../entry.ts';
import { BLOCK, FIELDS, MAGIC_USTAR, MAX_OCTAL_SIZE, type Field } from './format.ts';

const FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const MAX_OCTAL_ID = 0o7777777;

/** The end marker: two zero blocks, without padding to a record. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

/** Bytes of an entry's content. */
export function contentSize(entry: Entry): number {
  if (entry.type !== 'file') return 0;
  return entry.content.kind === 'bytes' ? entry.content.bytes.length : entry.content.size;
}

/**
 * The header blocks of an entry in the one dialect of ours: ustar, with a PAX header before it only where ustar
 * cannot say it (long or non-ASCII names, more than 8 GiB, large ids, times before 1970). User and group names
 * are empty. Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header".
 */
export function tarHeader(entry: Entry): Uint8Array {
  const size = contentSize(entry);
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'symlink' || entry.type === 'hardlink' ? entry.target : '';
  const names = splitName(path);
  const records: (readonly [string, string | number])[] = [];
  if (names === undefined) records.push(['path', path]);
  if (!fits(target, FIELDS.linkName.length)) records.push(['linkpath', target]);
  const numbers = {
    uid: octalOr(records, 'uid', entry.uid ?? 0, MAX_OCTAL_ID),
    gid: octalOr(records, 'gid', entry.gid ?? 0, MAX_OCTAL_ID),
    size: octalOr(records, 'size', size, MAX_OCTAL_SIZE),
    mtime: octalOr(records, 'mtime', entry.mtime ?? 0, MAX_OCTAL_SIZE),
  };
  const [prefix, name] = names ?? ['', cut(path, FIELDS.name.length)];
  const flag = FLAGS[entry.type];
  const header = block({
    name,
    prefix,
    flag,
    mode: entry.mode,
    linkName: cut(target, 100),
    ...numbers,
  });
  return records.length === 0 ? header : Buffer.concat([paxHeader(records), header]);
}

/** Splits a path over prefix and name, at the last slash that makes both fit; undefined where none does. */
function splitName(path: string): readonly [prefix: string, name: string] | undefined {
  if (fits(path, FIELDS.name.length)) return ['', path];
  if (!fits(path, FIELDS.prefix.length + FIELDS.name.length + 1)) return undefined;
  const slash = path.lastIndexOf('/', Math.min(FIELDS.prefix.length, path.length - 2));
  const name = path.slice(slash + 1);
  return slash > 0 && name.length <= FIELDS.name.length ? [path.slice(0, slash), name] : undefined;
}

/** ASCII that fits; other text goes to a PAX record, whose encoding is defined. */
function fits(text: string, length: number): boolean {
  // eslint-disable-next-line no-control-regex -- the range is ASCII itself
  return text.length <= length && /^[\x00-\x7f]*$/.test(text);
}

/** What a reader without PAX sees: as much of the name as fits, in ASCII. */
function cut(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, length);
}

function octalOr(
  records: (readonly [string, string | number])[],
  key: string,
  value: number,
  max: number,
): number {
  if (value >= 0 && value <= max) return value;
  records.push([key, value]);
  return 0;
}

function paxHeader(records: readonly (readonly [string, string | number])[]): Uint8Array {
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, String(value))));
  const zero = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const header = block({
    name: 'PaxHeaders/entry',
    prefix: '',
    flag: 'x',
    linkName: '',
    size: body.length,
    ...zero,
  });
  const padded = Buffer.alloc(Math.ceil(body.length / BLOCK) * BLOCK);
  body.copy(padded);
  return Buffer.concat([header, padded]);
}

/** `length key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

interface HeaderFields {
  readonly name: string;
  readonly prefix: string;
  readonly flag: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
}

function block(fields: HeaderFields): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const text = (field: Field, value: string): number =>
    bytes.write(value, field.at, field.length, 'latin1');
  const octal = (field: Field, value: number): number =>
    text(field, value.toString(8).padStart(field.length - 1, '0'));
  text(FIELDS.name, fields.name);
  octal(FIELDS.mode, fields.mode);
  octal(FIELDS.uid, fields.uid);
  octal(FIELDS.gid, fields.gid);
  octal(FIELDS.size, fields.size);
  octal(FIELDS.mtime, fields.mtime);
  text(FIELDS.checksum, '        ');
  text(FIELDS.flag, fields.flag);
  text(FIELDS.linkName, fields.linkName);
  text(FIELDS.magic, MAGIC_USTAR);
  octal(FIELDS.deviceMajor, 0);
  octal(FIELDS.deviceMinor, 0);
  text(FIELDS.prefix, fields.prefix);
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += bytes[at]!;
  text(FIELDS.checksum, `${sum.toString(8).padStart(6, '0')}\0 `);
  return bytes;
}
