/** From names to places in a file, in typed arrays: a map of 63,000 strings would take ten times the room. */
export interface OffsetTable {
  add(hash: number, offset: number): void;
  /** Offsets added under the hash, in the order of adding; other names may share it, so the caller looks. */
  find(hash: number): number[];
  /** Every offset, in the order of adding. */
  all(): Iterable<number>;
}

const BUCKETS = 1 << 17;
const NONE = -1;

/** An empty table. */
export function createOffsetTable(): OffsetTable {
  const heads = new Int32Array(BUCKETS).fill(NONE);
  let offsets = new Float64Array(1 << 12);
  let next = new Int32Array(1 << 12);
  let count = 0;

  function grow(): void {
    const [oldOffsets, oldNext] = [offsets, next];
    offsets = new Float64Array(count * 2);
    offsets.set(oldOffsets);
    next = new Int32Array(count * 2);
    next.set(oldNext);
  }

  return {
    add(hash, offset) {
      if (count === offsets.length) grow();
      const bucket = hash & (BUCKETS - 1);
      offsets[count] = offset;
      next[count] = heads[bucket] ?? NONE;
      heads[bucket] = count;
      count += 1;
    },
    find(hash) {
      const found: number[] = [];
      let at = heads[hash & (BUCKETS - 1)] ?? NONE;
      while (at !== NONE) {
        found.push(offsets[at] ?? 0);
        at = next[at] ?? NONE;
      }
      return found.toReversed();
    },
    all: () => offsets.subarray(0, count),
  };
}

/** FNV-1a over a range of bytes. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
