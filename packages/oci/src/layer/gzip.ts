/**
 * The header of every gzip member written here (RFC 1952, 2.3): no name, MTIME 0, XFL 0, OS 255 (unknown),
 * so that it depends on nothing but the content.
 */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/** The trailer of a gzip member: CRC-32 and size modulo 2^32 of the inflated bytes, little-endian. */
export function gzipTrailer(crc32: number, size: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32 >>> 0, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}
