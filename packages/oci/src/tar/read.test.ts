import { expect, test } from 'vitest';
import {
  END,
  pax,
  paxRecord,
  rawEntry,
  rawTar,
  type RawEntry,
} from '../../test/support/raw-tar.ts';
import { chunks, collect } from '../../test/support/streams.ts';
import { readTar, type ReadTarOptions } from './read.ts';

async function read(bytes: Uint8Array, options: ReadTarOptions = {}, size?: number) {
  const found = [];
  for await (const { content, ...facts } of readTar(chunks(bytes, size), options)) {
    found.push({ ...facts, text: (await collect(content)).toString('latin1') });
  }
  return found;
}

const refused: readonly (readonly [string, string, Uint8Array, ReadTarOptions?])[] = [
  ['absolute path', 'MLC6003', rawTar({ name: '/etc/passwd' })],
  ['climbing path', 'MLC6003', rawTar({ name: 'a/../../b' })],
  ['.. alone', 'MLC6003', rawTar({ name: '..' })],
  ['empty name', 'MLC6003', rawTar({ name: '' })],
  ['root as a file', 'MLC6003', rawTar({ name: './', flag: '2', linkName: 'x' })],
  ['name that is not UTF-8', 'MLC6003', rawTar({ name: Buffer.from([0x61, 0xff]) })],
  ['absolute PAX path', 'MLC6003', rawTar(pax({ path: '/x' }), { name: 'x' })],
  ['hard link that climbs', 'MLC6003', rawTar({ name: 'a', flag: '1', linkName: '../b' })],
  ['absolute hard link', 'MLC6003', rawTar({ name: 'a', flag: '1', linkName: '/b' })],
  ['absolute long name', 'MLC6003', rawTar({ name: 'L', flag: 'L', body: '/x\0' }, { name: 'x' })],
  ['GNU sparse file', 'MLC6004', rawTar({ name: 'a', flag: 'S', magic: 'ustar  \0' })],
  ['PAX sparse file', 'MLC6004', rawTar(pax({ 'GNU.sparse.major': '1' }), { name: 'a' })],
  ['multi-volume', 'MLC6004', rawTar({ name: 'a', flag: 'M' })],
  ['unknown type', 'MLC6004', rawTar({ name: 'a', flag: 'Z' })],
  ['binary charset', 'MLC6004', rawTar(pax({ hdrcharset: 'BINARY' }), { name: 'a' })],
  [
    'PAX size smuggling',
    'MLC6005',
    rawTar(pax({ size: '1024' }), { name: 'a', size: 0 }, { name: 'b' }),
  ],
  ['PAX size below', 'MLC6005', rawTar(pax({ size: '0' }), { name: 'a', body: 'hidden' })],
  ['directory with content', 'MLC6005', rawTar({ name: 'a', flag: '5', body: 'x' })],
  ['link with content', 'MLC6005', rawTar({ name: 'a', flag: '2', linkName: 'b', body: 'x' })],
  ['symlink without target', 'MLC6005', rawTar({ name: 'a', flag: '2' })],
  ['file with a target', 'MLC6005', rawTar(pax({ linkpath: 'b' }), { name: 'a' })],
  ['file named like a directory', 'MLC6005', rawTar({ name: 'a/', body: 'x' })],
  ['wrong checksum', 'MLC6001', rawTar({ name: 'a', checksum: 1 })],
  ['unknown magic', 'MLC6001', rawTar({ name: 'a', magic: 'ustAr\u000000' })],
  ['bytes after NUL in the name', 'MLC6001', rawTar({ name: 'a\0b' })],
  ['bytes after NUL in the link', 'MLC6001', rawTar({ name: 'a', flag: '2', linkName: 'b\0c' })],
  ['negative size', 'MLC6001', rawTar({ name: 'a', size: new Uint8Array(12).fill(0xff) })],
  [
    'huge size',
    'MLC6001',
    rawTar({ name: 'a', size: Uint8Array.from([0x80, ...new Array<number>(11).fill(0xff)]) }),
  ],
  ['size with a sign', 'MLC6001', rawTar({ name: 'a', size: '-0000000001\0' })],
  ['size in other digits', 'MLC6001', rawTar({ name: 'a', size: '00000000009\0' })],
  [
    'PAX length too long',
    'MLC6001',
    rawTar({ name: 'x', flag: 'x', body: '99 path=a\n' }, { name: 'a' }),
  ],
  [
    'PAX length zero',
    'MLC6001',
    rawTar({ name: 'x', flag: 'x', body: '0 path=a\n' }, { name: 'a' }),
  ],
  [
    'PAX length missing',
    'MLC6001',
    rawTar({ name: 'x', flag: 'x', body: 'path=a\n' }, { name: 'a' }),
  ],
  [
    'PAX length inside the key',
    'MLC6001',
    rawTar({ name: 'x', flag: 'x', body: '5 pa\n=' }, { name: 'a' }),
  ],
  ['PAX negative size', 'MLC6001', rawTar(pax({ size: '-1' }), { name: 'a' })],
  ['PAX size in hex', 'MLC6001', rawTar(pax({ size: '0x10' }), { name: 'a' })],
  ['NUL in a PAX path', 'MLC6001', rawTar(pax({ path: 'a\0b' }), { name: 'a' })],
  ['NUL in a PAX key', 'MLC6001', rawTar(pax({ 'pa\0th': 'a' }), { name: 'a' })],
  ['empty PAX path', 'MLC6001', rawTar(pax({ path: '' }), { name: 'a' })],
  [
    'PAX key twice',
    'MLC6001',
    rawTar(
      {
        name: 'x',
        flag: 'x',
        body: Buffer.concat([paxRecord('path', 'a'), paxRecord('path', 'b')]),
      },
      { name: 'a' },
    ),
  ],
  [
    'PAX value not UTF-8',
    'MLC6001',
    rawTar({ name: 'x', flag: 'x', body: paxRecord('path', Buffer.from([0xff])) }, { name: 'a' }),
  ],
  ['PAX header twice', 'MLC6001', rawTar(pax({ path: 'a' }), pax({ path: 'b' }), { name: 'c' })],
  [
    'PAX header about a long name',
    'MLC6001',
    rawTar(pax({ size: '0' }), { name: 'L', flag: 'L', body: 'x\0' }, { name: 'c' }),
  ],
  [
    'PAX header after a long name',
    'MLC6001',
    rawTar({ name: 'L', flag: 'L', body: 'x\0' }, pax({ path: 'b' }), { name: 'c' }),
  ],
  ['PAX header at the end', 'MLC6001', rawTar(pax({ path: 'a' }))],
  ['global PAX path', 'MLC6001', rawTar(pax({ path: 'a' }, 'g'), { name: 'c' })],
  ['global PAX size', 'MLC6001', rawTar(pax({ size: '3' }, 'g'), { name: 'c' })],
  ['global PAX size of 0', 'MLC6001', rawTar(pax({ size: '0' }, 'g'), { name: 'c', body: 'x' })],
  [
    'huge PAX size over a small one',
    'MLC6005',
    rawTar(pax({ size: '9000000000' }), { name: 'c', body: 'x' }),
  ],
  [
    'long name twice',
    'MLC6001',
    rawTar(
      { name: 'L', flag: 'L', body: 'x\0' },
      { name: 'L', flag: 'L', body: 'y\0' },
      { name: 'c' },
    ),
  ],
  ['long name empty', 'MLC6001', rawTar({ name: 'L', flag: 'L', body: '\0\0' }, { name: 'c' })],
  [
    'long name with bytes after NUL',
    'MLC6001',
    rawTar({ name: 'L', flag: 'L', body: 'x\0y\0' }, { name: 'c' }),
  ],
  [
    'lone zero block',
    'MLC6001',
    Buffer.concat([rawEntry({ name: 'a' }), new Uint8Array(512), rawTar({ name: 'b' })]),
  ],
  [
    'content behind the end',
    'MLC6001',
    Buffer.concat([rawTar({ name: 'a' }), rawTar({ name: 'b' })]),
  ],
  ['long name bomb', 'MLC6006', rawTar({ name: 'L', flag: 'L', size: 1 << 30 }, { name: 'c' })],
  ['PAX bomb', 'MLC6006', rawTar({ name: 'x', flag: 'x', size: 1 << 30 }, { name: 'c' })],
  ['too many entries', 'MLC6006', rawTar({ name: 'a' }, { name: 'b' }), { maxEntries: 1 }],
  [
    'too much content',
    'MLC6006',
    rawTar({ name: 'a', body: 'abc' }, { name: 'b', body: 'abc' }),
    { maxBytes: 5 },
  ],
  ['empty stream', 'MLC6002', new Uint8Array(0)],
  ['no end marker', 'MLC6002', rawEntry({ name: 'a' })],
  ['half an end marker', 'MLC6002', Buffer.concat([rawEntry({ name: 'a' }), new Uint8Array(512)])],
  ['cut header', 'MLC6002', rawEntry({ name: 'a' }).subarray(0, 300)],
  ['cut content', 'MLC6002', rawEntry({ name: 'a', body: 'x'.repeat(900) }).subarray(0, 1000)],
  ['cut padding', 'MLC6002', rawEntry({ name: 'a', body: 'x'.repeat(900) }).subarray(0, 1500)],
  ['cut PAX header', 'MLC6002', rawEntry({ name: 'x', flag: 'x', size: 5000 }).subarray(0, 512)],
];

for (const [title, code, bytes, options] of refused) {
  test(`refuses: ${title}`, async () => {
    await expect(read(bytes, options)).rejects.toMatchObject({ code });
  });
}

test('skips unread content and cuts nothing', async () => {
  const bytes = rawTar({ name: 'a', body: 'x'.repeat(2000) }, { name: 'b', body: 'tail' });
  const seen: string[] = [];
  for await (const entry of readTar(chunks(bytes, 100))) seen.push(entry.path);
  expect(seen).toEqual(['a', 'b']);
});

test('refuses to read the content of an entry that was passed', async () => {
  const bytes = rawTar({ name: 'a', body: 'x' }, { name: 'b' });
  const entries = [];
  for await (const entry of readTar(chunks(bytes))) entries.push(entry);
  await expect(Promise.all(entries.map(({ content }) => collect(content)))).rejects.toThrow(
    TypeError,
  );
});

const accepted: readonly (readonly [string, readonly RawEntry[], object])[] = [
  ['./ and slashes', [{ name: './a//b/./c/', flag: '5' }], { path: 'a/b/c', type: 'directory' }],
  [
    'the root',
    [{ name: './', flag: '5', mode: 0o755 }],
    { path: '', type: 'directory', mode: 0o755 },
  ],
  [
    'old directory',
    [{ name: 'a/', flag: '\0', magic: '\0\0\0\0\0\0\0\0' }],
    { path: 'a', type: 'directory' },
  ],
  ['ustar prefix', [{ name: 'b', prefix: 'a' }], { path: 'a/b' }],
  ['GNU has no prefix', [{ name: 'b', prefix: '12345', magic: 'ustar  \0' }], { path: 'b' }],
  [
    'setuid and device',
    [{ name: 'b', flag: '3', mode: 0o4755 }],
    { type: 'character-device', mode: 0o4755 },
  ],
  ['fifo', [{ name: 'b', flag: '6' }], { type: 'fifo' }],
  ['contiguous file', [{ name: 'b', flag: '7', body: 'x' }], { type: 'file', text: 'x' }],
  ['backslash', [{ name: 'dev-x\\x2d.slice' }], { path: 'dev-x\\x2d.slice' }],
  [
    'base-256 time before 1970',
    [{ name: 'b', mtime: new Uint8Array(12).fill(0xff) }],
    { mtime: -1 },
  ],
  [
    'base-256 size',
    [{ name: 'b', body: 'xy', size: Uint8Array.from([0x80, ...new Array<number>(10).fill(0), 2]) }],
    { size: 2, text: 'xy' },
  ],
  [
    'equal PAX size',
    [pax({ size: '2', mtime: '12.9' }), { name: 'b', body: 'xy' }],
    { size: 2, mtime: 12 },
  ],
  [
    'PAX names',
    [pax({ path: 'é/ü', linkpath: '../ö' }), { name: 'b', flag: '2', linkName: 'x' }],
    { path: 'é/ü', target: '../ö' },
  ],
  [
    'PAX xattr',
    [pax({ 'SCHILY.xattr.security.capability': '\u0001\0' }), { name: 'b' }],
    { xattrs: ['security.capability'] },
  ],
  ['global comment', [pax({ comment: 'abc' }, 'g'), { name: 'b' }], { path: 'b' }],
  [
    'long name and link',
    [
      { name: 'K', flag: 'K', body: 't\0' },
      { name: 'L', flag: 'L', body: 'n\0' },
      { name: 'x', flag: '2', linkName: 'y' },
    ],
    { path: 'n', target: 't' },
  ],
];

test.each(accepted)('reads: %s', async (_title, entries, expected) => {
  for (const size of [1, 7, 512, 4096]) {
    const found = await read(rawTar(...entries), {}, size);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(expected);
  }
});

test('size beyond the octal field comes from PAX', async () => {
  const size = 0o77777777777 + 1;
  const bytes = rawTar(pax({ size: String(size) }), { name: 'big', size: 0 });
  const first = await readTar(chunks(bytes)).next();
  expect(first.value).toMatchObject({ path: 'big', size });
});

test('stops at once when aborted', async () => {
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(read(rawTar({ name: 'a' }), { signal })).rejects.toThrow('stop');
});

test('lets go of the stream when the consumer stops', async () => {
  let closed = false;
  async function* source() {
    try {
      yield rawEntry({ name: 'a', body: 'x' });
      yield END;
    } finally {
      closed = true;
    }
  }
  for await (const entry of readTar(source())) {
    expect(entry.path).toBe('a');
    break;
  }
  expect(closed).toBe(true);
});
