/**
 * A bounded view that moves over a stream of bytes. Readers look at `buffer` from `pos` to `end` without waiting,
 * and await `fill` only when they need more; nothing before `pos` is kept.
 */
export interface Window {
  buffer: Uint8Array;
  pos: number;
  end: number;
  /** Offset in the stream of `buffer[0]`. */
  base: number;
  ended: boolean;
  readonly pull: () => Promise<Uint8Array | undefined>;
}

/** A window over chunks; `pull` gives undefined at the end. */
export function createWindow(pull: () => Promise<Uint8Array | undefined>): Window {
  return { buffer: new Uint8Array(0), pos: 0, end: 0, base: 0, ended: false, pull };
}

/** Offset in the stream of the next byte. */
export function offsetOf(w: Window): number {
  return w.base + w.pos;
}

/** Makes at least `count` bytes available; false when the stream ends before. */
export async function fill(w: Window, count: number): Promise<boolean> {
  let available = w.end - w.pos;
  const chunks: Uint8Array[] = [];
  while (available < count && !w.ended) {
    const chunk = await w.pull();
    if (chunk === undefined) w.ended = true;
    else {
      chunks.push(chunk);
      available += chunk.length;
    }
  }
  if (chunks.length > 0) adopt(w, chunks, available);
  return available >= count;
}

/** One copy a fill, however many chunks it took; none where the window was used up and one chunk came. */
function adopt(w: Window, chunks: readonly Uint8Array[], length: number): void {
  let buffer = chunks[0]!;
  if (buffer.length < length) {
    buffer = new Uint8Array(length);
    let at = w.end - w.pos;
    buffer.set(w.buffer.subarray(w.pos, w.end));
    for (const chunk of chunks) {
      buffer.set(chunk, at);
      at += chunk.length;
    }
  }
  w.base += w.pos;
  w.buffer = buffer;
  w.pos = 0;
  w.end = length;
}

/** Passes over `count` bytes; gives how many there were. */
export async function skip(w: Window, count: number): Promise<number> {
  let left = count;
  while (left > 0) {
    const take = Math.min(left, w.end - w.pos);
    w.pos += take;
    left -= take;
    if (left > 0 && !(await fill(w, 1))) break;
  }
  return count - left;
}

/** Takes `count` bytes as a copy; undefined when the stream ends before. */
export async function take(w: Window, count: number): Promise<Uint8Array | undefined> {
  if (!(await fill(w, count))) return undefined;
  const bytes = w.buffer.slice(w.pos, w.pos + count);
  w.pos += count;
  return bytes;
}

/** Whether the stream has no more bytes. */
export async function atEnd(w: Window): Promise<boolean> {
  return !(await fill(w, 1));
}
