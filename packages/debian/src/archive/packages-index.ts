import { mlcError } from '@mlcontainer/plugin-kit';
import type { ArchiveName } from '../mirrors/settings.ts';
import { parseDeb822, type Paragraph } from '../control/deb822.ts';
import { parseRelations } from '../control/relation.ts';

/**
 * A Packages index, held as bytes: Debian's 63,000 paragraphs as objects would take several times the room. Names are looked up in a map of offsets, and a paragraph is parsed when it is asked for.
 */
export interface PackagesIndex {
  readonly archive: ArchiveName;
  /** The paragraphs of a package, in the order of the file. */
  find(name: string): readonly Paragraph[];
  /** Paragraphs that name a package in `Provides`. */
  providersOf(name: string): readonly Paragraph[];
  names(): Iterable<string>;
}

const LF = 0x0a;
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
  const read = (offsets: readonly number[]) =>
    offsets.map((offset) => paragraphAt(buffer, offset, where));
  return {
    archive,
    find: (name) => read(asList(names.get(name))),
    providersOf: (name) => read(provides.get(name) ?? []),
    names: () => names.keys(),
  };
}

/** Most names stand in an index once, so a lone offset is kept without a list around it. */
type Offsets = number | number[];

function asList(offsets: Offsets | undefined): readonly number[] {
  if (offsets === undefined) return [];
  return typeof offsets === 'number' ? [offsets] : offsets;
}

function indexNames(buffer: Buffer, where: string): Map<string, Offsets> {
  const names = new Map<string, Offsets>();
  let at = skipBlankLines(buffer, 0);
  while (at < buffer.length) {
    const end = lineEnd(buffer, at);
    if (
      buffer.compare(
        NAME_FIELD,
        0,
        NAME_FIELD.length,
        at,
        Math.min(at + NAME_FIELD.length, end),
      ) !== 0
    ) {
      throw mlcError('MLC4012', {
        where,
        line: 1,
        detail: `the paragraph at byte ${at} does not begin with Package`,
      });
    }
    const name = buffer.toString('latin1', at + NAME_FIELD.length, end).trim();
    const known = names.get(name);
    if (known === undefined) names.set(name, at);
    else if (typeof known === 'number') names.set(name, [known, at]);
    else known.push(at);
    const next = buffer.indexOf('\n\n', end);
    at = next < 0 ? buffer.length : skipBlankLines(buffer, next + 2);
  }
  return names;
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

function indexProvides(buffer: Buffer): Map<string, number[]> {
  const provides = new Map<string, number[]>();
  for (
    let at = buffer.indexOf(PROVIDES_FIELD);
    at >= 0;
    at = buffer.indexOf(PROVIDES_FIELD, at + 1)
  ) {
    const value = buffer.toString('latin1', at + PROVIDES_FIELD.length, lineEnd(buffer, at + 1));
    const boundary = buffer.lastIndexOf('\n\n', at);
    const start = boundary < 0 ? skipBlankLines(buffer, 0) : boundary + 2;
    for (const [relation] of parseRelations(value)) {
      if (relation === undefined) continue;
      const known = provides.get(relation.name);
      if (known === undefined) provides.set(relation.name, [start]);
      else if (known.at(-1) !== start) known.push(start);
    }
  }
  return provides;
}

function paragraphAt(buffer: Buffer, offset: number, where: string): Paragraph {
  const end = buffer.indexOf('\n\n', offset);
  const text = buffer.toString('utf8', offset, end < 0 ? buffer.length : end);
  const [paragraph] = parseDeb822(text, where);
  return paragraph ?? new Map();
}
