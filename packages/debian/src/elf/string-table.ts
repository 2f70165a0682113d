/** Offsets of strings in a table that shares common endings, and the table itself. */
export interface StringTable {
  readonly bytes: Buffer;
  /** Offset of a string that is in the table. */
  offset(text: string): number;
}

/**
 * Lays strings end to end, each closed by a NUL; one that is the end of another lies inside it. Sorted from the
 * last character backwards, the greater and the longer first, as ldconfig does (glibc, elf/stringtable.c), so that the bytes agree.
 */
export function createStringTable(texts: Iterable<string>): StringTable {
  const sorted = [...new Set(texts)].map((text) => Buffer.from(text)).toSorted(compareEndings);
  const offsets = new Map<string, number>();
  const pieces: Buffer[] = [];
  let previous = { bytes: Buffer.alloc(0), offset: 0 };
  let end = 0;
  for (const bytes of sorted) {
    const shared =
      previous.bytes.length >= bytes.length && endsWith(previous.bytes, bytes) && pieces.length > 0;
    const offset = shared ? previous.offset + previous.bytes.length - bytes.length : end;
    offsets.set(bytes.toString(), offset);
    if (!shared) {
      pieces.push(bytes, Buffer.alloc(1));
      end += bytes.length + 1;
    }
    previous = { bytes, offset };
  }
  return { bytes: Buffer.concat(pieces), offset: (text) => offsets.get(text) ?? 0 };
}

function compareEndings(a: Buffer, b: Buffer): number {
  for (let i = 1; i <= Math.min(a.length, b.length); i += 1) {
    const difference = (b[b.length - i] ?? 0) - (a[a.length - i] ?? 0);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}

function endsWith(bytes: Buffer, ending: Buffer): boolean {
  return bytes.subarray(bytes.length - ending.length).equals(ending);
}
