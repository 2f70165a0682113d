/** Fields of a Packages index that resolution and lock read; the rest (descriptions, tags, MD5) is most of it. */
const WANTED = [
  'Architecture:',
  'Breaks:',
  'Conflicts:',
  'Depends:',
  'Filename:',
  'Package:',
  'Pre-Depends:',
  'Priority:',
  'Provides:',
  'SHA256:',
  'Size:',
  'Version:',
].map((field) => Buffer.from(field));

const LF = 0x0a;
const BLANK = 0x20;
const TAB = 0x09;

/** Drops unwanted fields from deb822 text while it streams by. */
export interface Compactor {
  push(chunk: Uint8Array): void;
  /** The kept text. */
  finish(): Uint8Array;
}

/** A compactor; `expected` bytes are set aside at first, and more when they are needed. */
export function createCompactor(expected: number): Compactor {
  let kept = Buffer.allocUnsafe(Math.max(expected, 1 << 16));
  let filled = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let wanted = false;

  function keep(piece: Uint8Array): void {
    if (filled + piece.length > kept.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(kept.length + (kept.length >> 1), filled + piece.length),
      );
      kept.copy(larger, 0, 0, filled);
      kept = larger;
    }
    kept.set(piece, filled);
    filled += piece.length;
  }

  /** Takes whole lines, keeps runs of wanted ones, and returns where the last, unfinished line begins. */
  function takeLines(data: Uint8Array): number {
    let at = 0;
    let run = -1;
    for (let end = 0; end < data.length; end += 1) {
      if (data[end] !== LF) continue;
      const first = data[at];
      if (first !== BLANK && first !== TAB) wanted = first === LF || isWanted(data, at);
      if (wanted && run < 0) run = at;
      if (!wanted && run >= 0) {
        keep(data.subarray(run, at));
        run = -1;
      }
      at = end + 1;
    }
    if (run >= 0) keep(data.subarray(run, at));
    return at;
  }

  return {
    push(chunk) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      rest = data.slice(takeLines(data));
    },
    finish() {
      if (rest.length > 0) takeLines(Buffer.concat([rest, Buffer.of(LF)]));
      return kept.subarray(0, filled);
    },
  };
}

function isWanted(data: Uint8Array, at: number): boolean {
  for (const field of WANTED) {
    let i = 0;
    while (i < field.length && data[at + i] === field[i]) i += 1;
    if (i === field.length) return true;
  }
  return false;
}
