/** One entry of a tar, as its bytes say it, however wrong. */
export interface RawEntry {
  readonly path: string;
  /** The type flag: `0` file, `1` hard link, `2` link, `5` folder. */
  readonly flag: string;
  readonly mode?: number;
  readonly target?: string;
  readonly text?: string;
}

/** A tar in ustar format (POSIX.1-2017 pax), without any check of what goes into it. */
export function tarOf(entries: readonly RawEntry[]): Buffer {
  const parts = entries.flatMap((entry) => [header(entry), padded(Buffer.from(entry.text ?? ''))]);
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function header({ path, flag, mode = 0o644, target = '', text = '' }: RawEntry): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number) =>
    `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(path, 0, 100);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(Buffer.byteLength(text), 12), 124);
  block.write(octal(0, 12), 136);
  block.write('        ', 148);
  block.write(flag, 156);
  block.write(target, 157, 100);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
