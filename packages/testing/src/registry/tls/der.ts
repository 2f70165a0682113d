/** Distinguished encoding (ITU-T X.690), as much of it as a certificate needs. */

/** One value: tag, length, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(bytes.byteLength)]), bytes]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return [0x80 | bytes.length, ...bytes];
}

/** SEQUENCE. */
export function sequence(...items: readonly Uint8Array[]): Buffer {
  return der(0x30, ...items);
}

/** SET of one. */
export function setOf(item: Uint8Array): Buffer {
  return der(0x31, item);
}

/** INTEGER that is not negative, in as few bytes as it needs. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const least = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  const isNegative = ((least[0] ?? 0) & 0x80) !== 0;
  return der(0x02, isNegative ? Buffer.concat([Buffer.of(0), least]) : least);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const low = value & 0x7f;
  const high = Math.floor(value / 128);
  return high === 0 ? [low] : [...base128(high).map((byte) => byte | 0x80), low];
}

/** UTF8String. */
export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

/** UTCTime, as certificates have it until 2049. */
export function time(date: Date): Buffer {
  const text = date
    .toISOString()
    .slice(2)
    .replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text));
}

/** BIT STRING of whole bytes. */
export function bits(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.of(0), bytes);
}

/** OCTET STRING. */
export function octets(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** BOOLEAN that is true. */
export const TRUE: Buffer = der(0x01, Buffer.of(0xff));
