import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** One entry of a hand-made tar: what dpkg-deb would never write. */
export interface RawEntry {
  readonly name: string;
  readonly type?: string;
  readonly link?: string;
  readonly content?: string;
  readonly mode?: number;
}

/** A tar archive of entries as they are, for archives that attack their reader. */
export function rawTar(entries: readonly RawEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => [
    header(entry),
    padded(Buffer.from(entry.content ?? '')),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header({ name, type = '0', link = '', content = '', mode = 0o644 }: RawEntry): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0');
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(Buffer.byteLength(content), 12), 124);
  block.write(octal(1_700_000_000, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)}\0 `, 148);
  return block;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** An ar archive of members as they are. */
export function rawAr(members: readonly (readonly [string, Buffer])[]): Buffer {
  const parts = members.flatMap(([name, bytes]) => {
    const fields = [
      name.padEnd(16),
      '0'.padEnd(12),
      '0'.padEnd(6),
      '0'.padEnd(6),
      '100644'.padEnd(8),
    ];
    const head = `${fields.join('')}${String(bytes.length).padEnd(10)}\`\n`;
    return [Buffer.from(head), bytes, Buffer.alloc(bytes.length % 2, '\n')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** The control fields of hand-made packages. */
export function controlText(name: string): string {
  return `Package: ${name}\nVersion: 1.0\nArchitecture: amd64\nMaintainer: x\nDescription: x\n`;
}

/** Writes a package around a hand-made data archive. */
export function writeRawDeb(path: string, name: string, data: readonly RawEntry[]): string {
  const control = rawTar([{ name: './control', content: controlText(name) }]);
  const members = [
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar.gz', gzipSync(control)],
    ['data.tar', rawTar(data)],
  ] as const;
  writeFileSync(path, rawAr(members));
  return path;
}
