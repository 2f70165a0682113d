import { mlcError } from '@mlcontainer/plugin-kit';
import { parseDeb822, type Paragraph } from '../control/deb822.ts';
import { parseRelations } from '../control/relation.ts';
import type { ArchiveName } from '../mirrors/settings.ts';
import { createOffsetTable, hashBytes, type OffsetTable } from './offset-table.ts';

/**
 * A Packages index, held as bytes: Debian's 63,000 paragraphs as objects would take several times the room. Names
 * are looked up in a table of offsets, and a paragraph is parsed when it is asked for.
 */
export interface PackagesIndex {
  readonly archive: ArchiveName;
  /** The paragraphs of a package, in the order of the file. */
  find(name: string): readonly Paragraph[];
  /** Paragraphs that name a package in `Provides`. */
  providersOf(name: string): readonly Paragraph[];
  /** The name of each paragraph. */
  names(): Iterable<string>;
}

const LF = 0x0a;
const COMMA = 0x2c;
const NAME_FIELD = Buffer.from('Package: ');
const PROVIDES_FIELD = Buffer.from('\nProvides: ');

/** Indexes the bytes of an uncompressed Packages file (Debian Policy 5.3). Throws MLC4012. */
export function indexPackages(
  bytes: Uint8Array,
  archive: ArchiveName,
  where: string,
): PackagesIndex {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = indexNames(buffer, where);
  const provides = indexProvides(buffer);
  const read = (table: OffsetTable, name: string) => {
    const key = Buffer.from(name);
    const offsets = new Set(table.find(hashBytes(key, 0, key.length)));
    return [...offsets].map((offset) => paragraphAt(buffer, offset, where));
  };
  return {
    archive,
    find: (name) => read(names, name).filter((fields) => fields.get('package') === name),
    providersOf: (name) => read(provides, name).filter((fields) => isProvided(fields, name)),
    *names() {
      for (const at of names.all()) {
        yield buffer.toString('latin1', at + NAME_FIELD.length, lineEnd(buffer, at)).trim();
      }
    },
  };
}

function isProvided(fields: Paragraph, name: string): boolean {
  return parseRelations(fields.get('provides') ?? '').some(([one]) => one?.name === name);
}

function indexNames(buffer: Buffer, where: string): OffsetTable {
  const table = createOffsetTable();
  let at = skipBlankLines(buffer, 0);
  while (at < buffer.length) {
    const end = lineEnd(buffer, at);
    if (!startsWith(buffer, at, NAME_FIELD)) {
      const detail = `the paragraph at byte ${at} does not begin with Package`;
      throw mlcError('MLC4012', { where, line: 1, detail });
    }
    table.add(hashWord(buffer, at + NAME_FIELD.length, end), at);
    const next = buffer.indexOf('\n\n', end);
    at = next < 0 ? buffer.length : skipBlankLines(buffer, next + 2);
  }
  return table;
}

function startsWith(buffer: Buffer, at: number, field: Buffer): boolean {
  return field.every((byte, index) => buffer[at + index] === byte);
}

function skipBlankLines(buffer: Buffer, from: number): number {
  let at = from;
  while (at < buffer.length && buffer[at] === LF) at += 1;
  return at;
}

function lineEnd(buffer: Buffer, from: number): number {
  const end = buffer.indexOf(LF, from);
  return end < 0 ? buffer.length : end;
}

/** `Provides` is one line in an index: names, each with a version in brackets or without. */
function indexProvides(buffer: Buffer): OffsetTable {
  const table = createOffsetTable();
  let at = buffer.indexOf(PROVIDES_FIELD);
  while (at >= 0) {
    const end = lineEnd(buffer, at + 1);
    const boundary = buffer.lastIndexOf('\n\n', at);
    const start = boundary < 0 ? skipBlankLines(buffer, 0) : boundary + 2;
    for (let word = at + PROVIDES_FIELD.length; word < end;) {
      const comma = buffer.indexOf(COMMA, word);
      const wordEnd = comma < 0 ? end : Math.min(comma, end);
      table.add(hashWord(buffer, word, wordEnd), start);
      word = wordEnd + 1;
    }
    at = buffer.indexOf(PROVIDES_FIELD, end - 1);
  }
  return table;
}

/** The hash of the first word of a range. */
function hashWord(buffer: Buffer, from: number, to: number): number {
  let start = from;
  while (start < to && (buffer[start] ?? 0) <= 0x20) start += 1;
  let end = start;
  while (end < to && isNameByte(buffer[end] ?? 0)) end += 1;
  return hashBytes(buffer, start, end);
}

/** What ends a name: white space, a version in brackets, an architecture behind a colon. */
function isNameByte(byte: number): boolean {
  return byte > 0x20 && byte !== 0x28 && byte !== 0x3a;
}

function paragraphAt(buffer: Buffer, offset: number, where: string): Paragraph {
  const end = buffer.indexOf('\n\n', offset);
  const text = buffer.toString('utf8', offset, end < 0 ? buffer.length : end);
  const [paragraph] = parseDeb822(text, where);
  return paragraph ?? new Map();
}
