/** A hash table of numbers: who has a hash is asked for, and whether it is the one is decided outside. */
export interface Table {
  /** Empties it, for about so many entries. */
  clear(entries: number): void;
  /** The first entry of this hash, or -1. */
  find(hash: number): number;
  /** The next entry of the hash last asked for, or -1. */
  next(): number;
  add(hash: number, entry: number): void;
}

const SMALLEST = 1 << 10;

/** Open addressing with steps of one; never more than half full. */
export function createTable(): Table {
  let hashes = new Int32Array(SMALLEST);
  // Entry + 1; 0 is free.
  let entries = new Int32Array(SMALLEST);
  // The largest so far, of which a smaller table takes the beginning: clearing all of it would cost more than its use.
  let room = { hashes, entries };
  let mask = SMALLEST - 1;
  let count = 0;
  let asked = 0;
  let at = 0;

  const put = (hash: number, stored: number): void => {
    let place = hash & mask;
    while (entries[place] !== 0) place = (place + 1) & mask;
    hashes[place] = hash;
    entries[place] = stored;
  };
  const resize = (size: number): void => {
    const [oldHashes, oldEntries] = [hashes, entries];
    hashes = new Int32Array(size);
    entries = new Int32Array(size);
    mask = size - 1;
    if (size > room.entries.length) room = { hashes, entries };
    oldEntries.forEach((stored, place) => {
      if (stored !== 0) put(oldHashes[place]!, stored);
    });
  };
  const seek = (): number => {
    for (;;) {
      const stored = entries[at]!;
      if (stored === 0) return -1;
      const hash = hashes[at];
      at = (at + 1) & mask;
      if (hash === asked) return stored - 1;
    }
  };
  return {
    clear: (expected) => {
      const size = Math.max(SMALLEST, 1 << (32 - Math.clz32(expected)));
      if (size > room.entries.length)
        room = { hashes: new Int32Array(size), entries: new Int32Array(size) };
      else room.entries.fill(0, 0, size);
      hashes = room.hashes;
      entries = room.entries.subarray(0, size);
      mask = size - 1;
      count = 0;
    },
    find: (hash) => {
      asked = spread(hash);
      at = asked & mask;
      return seek();
    },
    next: seek,
    add: (hash, entry) => {
      count += 1;
      if (count * 2 > entries.length) resize(entries.length * 2);
      put(spread(hash), entry + 1);
    },
  };
}

/** So that the low bits depend on all (MurmurHash3, finalizer). */
function spread(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return Math.imul(once ^ (once >>> 13), 0xc2b2ae35) | 0;
}

/** Bytes of a longer piece that its hash looks at: what is equal is compared in the end, and most pieces are code. */
const SAMPLED = 64;

/** A hash of bytes (FNV-1a), of long ones by their length and some bytes out of every part. */
export function bytesHash(data: Uint8Array, start: number, end: number, seed: number): number {
  const length = end - start;
  const step = length > SAMPLED ? Math.ceil(length / SAMPLED) : 1;
  let hash = 0x811c9dc5 ^ seed ^ (length << 8);
  for (let at = start; at < end; at += step) hash = Math.imul(hash ^ data[at]!, 0x01000193);
  return hash;
}
