import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/support/fault.ts';
import { readAll } from '../../test/support/read-zip.ts';
import { tempFolder } from '../../test/support/wheel.ts';
import { buildZip, type Member, type ZipShape } from '../../test/support/zip.ts';

async function ruleOf(bytes: Uint8Array): Promise<string> {
  using folder = tempFolder();
  const path = folder.file('test.zip', bytes);
  return await faultOf(() => readAll(path));
}

const a: Member = { name: 'a.txt', content: 'alpha '.repeat(50) };
const b: Member = { name: 'dir/b.txt', content: 'beta', stored: true };
const bytes = (text: string) => Buffer.from(text, 'latin1');
const extra = (id: number, body: Uint8Array) => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(body.length, 2);
  return Buffer.concat([head, body]);
};
const u64 = (...values: number[]) => {
  const buffer = Buffer.alloc(values.length * 8);
  values.forEach((value, at) => buffer.writeBigUInt64LE(BigInt(value), at * 8));
  return buffer;
};
const compressed = deflateRawSync(Buffer.from('alpha '.repeat(50)));

describe('what is read', () => {
  const good: Record<string, [Member[], ZipShape?]> = {
    'stored and deflated': [[a, b]],
    'nothing at all': [[]],
    'a directory': [[{ name: 'dir/' }, b]],
    'a comment': [[a], { comment: bytes('hello') }],
    'a short descriptor': [[{ ...a, descriptor: 12 }, b]],
    'a signed descriptor': [[{ ...a, descriptor: 16 }, b]],
    'a 64-bit descriptor': [[{ ...a, descriptor: 20 }, b]],
    'a signed 64-bit descriptor': [[b, { ...a, descriptor: 24 }]],
    'ZIP64 end records': [[a, b], { zip64: true }],
    'UTF-8 names': [[{ ...a, name: 'münchen/日本.txt' }]],
    'an unknown extra field': [[{ ...a, local: { extra: extra(0x5455, bytes('x')) } }]],
    'ZIP64 fields for both sizes': [
      [
        {
          ...a,
          local: {
            size: 0xffffffff,
            compressedSize: 0xffffffff,
            extra: extra(1, u64(300, compressed.length)),
          },
          central: {
            size: 0xffffffff,
            compressedSize: 0xffffffff,
            extra: extra(1, u64(300, compressed.length)),
          },
        },
        b,
      ],
    ],
    'ZIP64 fields that repeat the header': [
      [{ ...a, local: { extra: extra(1, u64(300, compressed.length)) } }],
    ],
  };
  it.each(Object.entries(good))('%s', async (_, [members, shape]) => {
    using folder = tempFolder();
    const contents = await readAll(folder.file('test.zip', buildZip(members, shape)));
    expect([...contents]).toEqual(
      members.map((member) => [member.name, String(member.content ?? '')]),
    );
  });
});

describe('what is refused', () => {
  const bad: Record<string, [string, Member[], ZipShape?]> = {
    'data before the first entry': ['prefix-data', [a], { prefix: bytes('#!/bin/sh\n') }],
    'data after the end': ['trailing-data', [a], { suffix: bytes('tail') }],
    'data between entries': ['gap', [{ ...a, gap: 3 }, b]],
    'data before the central directory': ['gap', [a, { ...b, gap: 1 }]],
    'data before the end record': ['gap', [a], { beforeEnd: bytes('xx') }],
    'a first entry that only the data knows': ['prefix-data', [a, b], { hidden: ['a.txt'] }],
    'a last entry that only the data knows': ['gap', [a, b], { hidden: ['dir/b.txt'] }],
    'no entry listed': ['prefix-data', [a], { hidden: ['a.txt'] }],
    'overlapping entries': ['gap', [a, { ...b, central: { offset: 0 } }]],
    'too few counted': ['central-directory', [a, b], { count: 1 }],
    'too many counted': ['central-directory', [a, b], { count: 3 }],
    'a central directory elsewhere': ['gap', [a], { centralOffset: 3 }],
    'a central directory cut short': ['gap', [a], { centralSize: 10 }],
    'another name in the local header': [
      'local-differs',
      [{ ...a, local: { name: bytes('b.txt') } }],
    ],
    'another CRC in the local header': ['local-differs', [{ ...a, local: { crc32: 1 } }]],
    'another size in the local header': ['local-differs', [{ ...a, local: { size: 1 } }]],
    'another compressed size in the local header': [
      'local-differs',
      [{ ...a, local: { compressedSize: 1 } }],
    ],
    'another method in the local header': ['local-differs', [{ ...a, local: { method: 0 } }]],
    'other flags in the local header': ['local-differs', [{ ...a, local: { flags: 0x800 } }]],
    'no local header': ['local-header', [{ ...a, local: { signature: 1 } }]],
    'no central header': ['central-directory', [{ ...a, central: { signature: 1 } }]],
    'a wrong CRC': ['crc', [{ ...a, local: { crc32: 7 }, central: { crc32: 7 } }]],
    'a wrong size': ['size', [{ ...a, local: { size: 301 }, central: { size: 301 } }]],
    'a size too small': ['size', [{ ...a, local: { size: 3 }, central: { size: 3 } }]],
    'stored with two sizes': ['size', [{ ...b, local: { size: 9 }, central: { size: 9 } }]],
    'bytes after the deflate stream': [
      'deflate',
      [{ ...a, data: Buffer.concat([compressed, bytes('zz')]) }],
    ],
    'a cut deflate stream': ['deflate', [{ ...a, data: compressed.subarray(0, 5) }]],
    'no deflate stream': ['deflate', [{ ...a, data: bytes('\xff\xff\xff') }]],
    bzip2: ['method', [{ ...a, local: { method: 12 }, central: { method: 12 } }]],
    lzma: ['method', [{ ...a, local: { method: 14 }, central: { method: 14 } }]],
    encryption: ['encrypted', [{ ...a, local: { flags: 1 }, central: { flags: 1 } }]],
    'strong encryption': [
      'encrypted',
      [{ ...a, local: { flags: 0x40 }, central: { flags: 0x40 } }],
    ],
    'patched data': ['flags', [{ ...a, local: { flags: 0x20 }, central: { flags: 0x20 } }]],
    'a name twice': ['duplicate', [a, a]],
    'a file and a directory of one name': ['duplicate', [a, { name: 'a.txt/' }]],
    'a file below a file': ['duplicate', [a, { name: 'a.txt/b' }]],
    'an absolute name': ['name', [{ ...a, name: '/etc/passwd' }]],
    'a name that climbs': ['name', [{ ...a, name: '../a' }]],
    'a name that climbs inside': ['name', [{ ...a, name: 'x/../../a' }]],
    'a dot segment': ['name', [{ ...a, name: './a' }]],
    'an empty segment': ['name', [{ ...a, name: 'x//a' }]],
    'an empty name': ['name', [{ ...a, name: '' }]],
    'a backslash': ['name', [{ ...a, name: 'x\\a' }]],
    'a drive': ['name', [{ ...a, name: 'C:a' }]],
    'a NUL': ['name', [{ ...a, name: 'a\0b' }]],
    'a line end': ['name', [{ ...a, name: 'a\nb' }]],
    'a name in another encoding': [
      'name',
      [{ ...a, local: { name: bytes('\xe9') }, central: { name: bytes('\xe9') } }],
    ],
    'broken UTF-8': [
      'name',
      [
        {
          ...a,
          local: { name: bytes('\xe9'), flags: 0x800 },
          central: { name: bytes('\xe9'), flags: 0x800 },
        },
      ],
    ],
    'a symbolic link': ['file-type', [{ ...a, mode: 0o120777 }]],
    'a device': ['file-type', [{ ...a, mode: 0o020666 }]],
    'a directory with content': ['file-type', [{ name: 'd/', content: 'x', stored: true }]],
    'a file marked as directory': ['file-type', [{ ...a, central: { external: 0x10 } }]],
    'a unicode path field': [
      'extra-field',
      [{ ...a, central: { extra: extra(0x7075, bytes('\x01aaaab.txt')) } }],
    ],
    'a cut extra field': [
      'extra-field',
      [{ ...a, central: { extra: bytes('\x55\x54\x09\x00x') } }],
    ],
    'two ZIP64 fields': [
      'extra-field',
      [
        {
          ...a,
          central: {
            size: 0xffffffff,
            extra: Buffer.concat([extra(1, u64(300)), extra(1, u64(9))]),
          },
        },
      ],
    ],
    'a missing ZIP64 value': ['zip64', [{ ...a, central: { size: 0xffffffff } }]],
    'a ZIP64 value that contradicts': [
      'zip64',
      [{ ...a, central: { extra: extra(1, u64(9, 9)) } }],
    ],
    'a ZIP64 value past 2^53': [
      'limits',
      [{ ...a, central: { size: 0xffffffff, extra: extra(1, Buffer.alloc(8, 0xff)) } }],
    ],
    'a ZIP64 record with another count': ['central-directory', [a], { zip64: { count: 2 } }],
    'a ZIP64 locator that points elsewhere': ['zip64', [a], { zip64: { locator: 0 } }],
    'a descriptor that lies': [
      'data-descriptor',
      [{ ...a, descriptor: 16, central: { crc32: 5 } }, b],
    ],
    'a descriptor that is missing': [
      'data-descriptor',
      [{ ...a, local: { flags: 8 }, central: { flags: 8 } }, b],
    ],
    'a bomb': ['ratio', [{ name: 'bomb', content: Buffer.alloc(80 * 1024 * 1024) }]],
  };
  it.each(Object.entries(bad))('%s', async (_, [rule, members, shape]) => {
    expect(await ruleOf(buildZip(members, shape))).toBe(`MLC5030 ${rule}`);
  });

  it('what is no zip at all', async () => {
    expect(await ruleOf(bytes('PK'))).toBe('MLC5030 not-zip');
    expect(await ruleOf(Buffer.alloc(5000, 0x41))).toBe('MLC5030 not-zip');
  });

  it('a file that is a tar archive as well', async () => {
    // Offset 148 of the file, where tar keeps its checksum, lies inside the first member's name.
    const withSum = (text: string) =>
      buildZip([{ name: `${'n'.repeat(118)}${text}x`, stored: true, content: Buffer.alloc(600) }]);
    const sum = withSum('        ')
      .subarray(0, 512)
      .reduce((total, byte) => total + byte, 0);
    expect(await ruleOf(withSum(sum.toString(8).padStart(8)))).toBe('MLC5030 tar-polyglot');
    expect(await ruleOf(withSum((sum + 1).toString(8).padStart(8)))).toBe('fine');
  });
});
