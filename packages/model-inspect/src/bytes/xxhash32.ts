const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/** A running xxHash32 with seed 0 (xxHash specification 0.1.1), the checksum of lz4 frames. */
export interface XxHash32 {
  readonly lanes: Int32Array;
  readonly pending: Uint8Array;
  pendingLength: number;
  total: number;
}

export function xxHash32Start(): XxHash32 {
  const lanes = Int32Array.of(P1 + P2, P2, 0, -P1);
  return { lanes, pending: new Uint8Array(16), pendingLength: 0, total: 0 };
}

const rotate = (x: number, n: number) => (x << n) | (x >>> (32 - n));

const word = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

function stripe(lanes: Int32Array, bytes: Uint8Array, at: number): void {
  for (let lane = 0; lane < 4; lane++) {
    const mixed = (lanes[lane]! + Math.imul(word(bytes, at + 4 * lane), P2)) | 0;
    lanes[lane] = Math.imul(rotate(mixed, 13), P1);
  }
}

export function xxHash32Update(state: XxHash32, bytes: Uint8Array): void {
  let at = 0;
  state.total += bytes.length;
  if (state.pendingLength > 0) {
    at = Math.min(16 - state.pendingLength, bytes.length);
    state.pending.set(bytes.subarray(0, at), state.pendingLength);
    state.pendingLength += at;
    if (state.pendingLength < 16) return;
    stripe(state.lanes, state.pending, 0);
    state.pendingLength = 0;
  }
  for (; at + 16 <= bytes.length; at += 16) stripe(state.lanes, bytes, at);
  state.pending.set(bytes.subarray(at));
  state.pendingLength = bytes.length - at;
}

/** The hash as an unsigned 32-bit number. */
export function xxHash32Digest(state: XxHash32): number {
  const [a, b, c, d] = state.lanes as unknown as [number, number, number, number];
  let h = state.total >= 16 ? rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) : P5;
  h = (h + state.total) | 0;
  let at = 0;
  for (; at + 4 <= state.pendingLength; at += 4) {
    h = Math.imul(rotate((h + Math.imul(word(state.pending, at), P3)) | 0, 17), P4);
  }
  for (; at < state.pendingLength; at++) {
    h = Math.imul(rotate((h + Math.imul(state.pending[at]!, P5)) | 0, 11), P1);
  }
  return avalanche(h);
}

function avalanche(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 15), P2);
  h = Math.imul(h ^ (h >>> 13), P3);
  return (h ^ (h >>> 16)) >>> 0;
}

/** xxHash32 of one piece. */
export function xxHash32(bytes: Uint8Array): number {
  const state = xxHash32Start();
  xxHash32Update(state, bytes);
  return xxHash32Digest(state);
}
