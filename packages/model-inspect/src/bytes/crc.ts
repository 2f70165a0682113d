/** CRC-32 with the most significant bit first, as bzip2 uses it (polynomial 0x04c11db7). */
const bzipTable = new Int32Array(256).map((_, i) => {
  let c = i << 24;
  for (let k = 0; k < 8; k++) c = c < 0 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c;
});

/** Feeds `bytes[0..count)` into bzip2's CRC; start with -1 and invert at the end. */
export function bzipCrc(crc: number, bytes: Uint8Array, count: number): number {
  let c = crc;
  for (let i = 0; i < count; i++) c = (c << 8) ^ bzipTable[(c >>> 24) ^ bytes[i]!]!;
  return c;
}

// CRC-64/XZ, reflected polynomial 0xc96c5795d7870f42, as two halves: BigInt would be fifty times slower.
const crc64Low = new Int32Array(256);
const crc64High = new Int32Array(256);
for (let i = 0; i < 256; i++) {
  let low = i;
  let high = 0;
  for (let k = 0; k < 8; k++) {
    const odd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd !== 0) {
      low ^= 0xd7870f42;
      high ^= 0xc96c5795;
    }
  }
  crc64Low[i] = low;
  crc64High[i] = high;
}

/** A running CRC-64 as xz files carry it (xz file format 1.2.1, section 3.4). */
export interface Crc64 {
  low: number;
  high: number;
}

export function crc64Start(): Crc64 {
  return { low: -1, high: -1 };
}

export function crc64Update(state: Crc64, bytes: Uint8Array): void {
  let { low, high } = state;
  for (let i = 0; i < bytes.length; i++) {
    const index = (low ^ bytes[i]!) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ crc64Low[index]!;
    high = (high >>> 8) ^ crc64High[index]!;
  }
  state.low = low;
  state.high = high;
}

/** The finished value, as the file has it: little endian, 8 bytes. */
export function crc64Digest(state: Crc64): Uint8Array {
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setInt32(0, ~state.low, true);
  view.setInt32(4, ~state.high, true);
  return out;
}
