/** Bytes of a tar block. */
export const BLOCK = 512;

/** The largest size that the eleven octal digits of a ustar header can say. */
export const MAX_OCTAL_SIZE = 0o77777777777;

/** The first of the digits in which numbers stand. */
export const DIGIT_ZERO = 0x30;

/** Magic and version, one field of eight bytes. */
export const MAGIC_USTAR = 'ustar\u000000';
export const MAGIC_GNU = 'ustar  \u0000';

export type TarFormat = 'v7' | 'ustar' | 'gnu';

export interface Field {
  readonly at: number;
  readonly length: number;
  readonly title: string;
}

/** Where the fields of a header stand (POSIX.1-2017 pax, "ustar Interchange Format"). */
export const FIELDS = {
  name: { at: 0, length: 100, title: 'name' },
  mode: { at: 100, length: 8, title: 'mode' },
  uid: { at: 108, length: 8, title: 'uid' },
  gid: { at: 116, length: 8, title: 'gid' },
  size: { at: 124, length: 12, title: 'size' },
  mtime: { at: 136, length: 12, title: 'mtime' },
  checksum: { at: 148, length: 8, title: 'checksum' },
  flag: { at: 156, length: 1, title: 'type' },
  linkName: { at: 157, length: 100, title: 'link name' },
  magic: { at: 257, length: 8, title: 'magic' },
  deviceMajor: { at: 329, length: 8, title: 'device' },
  deviceMinor: { at: 337, length: 8, title: 'device' },
  prefix: { at: 345, length: 155, title: 'prefix' },
} as const satisfies Record<string, Field>;

/** Bytes of zeros that fill the last block of a content of `size` bytes. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
