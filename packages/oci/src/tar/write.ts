import type { Entry } from '../entry.ts';
import { BLOCK, DIGIT_ZERO, FIELDS, MAGIC_USTAR, MAX_OCTAL_SIZE, type Field } from './format.ts';

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

/** What no header of ours says otherwise: the magic, and numbers that are zero. */
const BLANK: Buffer = blank();

function blank(): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const { mode, uid, gid, size, mtime, deviceMajor, deviceMinor } = FIELDS;
  for (const { at, length } of [mode, uid, gid, size, mtime, deviceMajor, deviceMinor])
    bytes.fill('0', at, at + length - 1);
  const { checksum, magic } = FIELDS;
  bytes.fill(' ', checksum.at, checksum.at + checksum.length);
  bytes.write(MAGIC_USTAR, magic.at, 'latin1');
  return bytes;
}

/** Thousands of headers are made in every build: in memory that is shared, and without a text for each number. */
function block(fields: HeaderFields): Buffer {
  const bytes = Buffer.allocUnsafe(BLOCK);
  BLANK.copy(bytes);
  const text = ({ at, length }: Field, value: string): void => {
    if (value !== '') bytes.write(value, at, length, 'latin1');
  };
  text(FIELDS.name, fields.name);
  octal(bytes, FIELDS.mode, fields.mode);
  octal(bytes, FIELDS.uid, fields.uid);
  octal(bytes, FIELDS.gid, fields.gid);
  octal(bytes, FIELDS.size, fields.size);
  octal(bytes, FIELDS.mtime, fields.mtime);
  text(FIELDS.flag, fields.flag);
  text(FIELDS.linkName, fields.linkName);
  text(FIELDS.prefix, fields.prefix);
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += bytes[at]!;
  text(FIELDS.checksum, `${sum.toString(8).padStart(6, '0')}\0 `);
  return bytes;
}

/** Digits over the zeros that stand there, from the last one on; the field's end is a NUL. */
function octal(bytes: Buffer, { at, length }: Field, value: number): void {
  let rest = value;
  for (let place = at + length - 2; rest > 0; place -= 1) {
    bytes[place] = DIGIT_ZERO + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}
