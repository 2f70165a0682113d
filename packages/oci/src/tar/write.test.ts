import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunks } from '../../test/support/streams.ts';
import type { Entry } from '../entry.ts';
import { readTar } from './read.ts';
import { contentSize, TAR_END, tarHeader } from './write.ts';

const field = (header: Uint8Array, at: number, length: number): string =>
  Buffer.from(header.subarray(at, at + length))
    .toString('latin1')
    .replace(/\0.*$/s, '');
const big = (size: number): Entry => ({
  type: 'file',
  path: 'big',
  mode: 0o644,
  content: { kind: 'stream', size, open: () => chunks(new Uint8Array(0)) },
});
const named = (path: string): Entry => ({ type: 'directory', path, mode: 0o755 });

test('the one dialect: ustar, no names of owners, epoch', () => {
  const header = tarHeader({
    type: 'file',
    path: 'a/b',
    mode: 0o4755,
    content: { kind: 'bytes', bytes: Buffer.from('xy') },
  });
  expect(header).toHaveLength(512);
  expect(field(header, 0, 100)).toBe('a/b');
  expect(field(header, 100, 8)).toBe('0004755');
  expect(field(header, 108, 8)).toBe('0000000');
  expect(field(header, 124, 12)).toBe('00000000002');
  expect(field(header, 136, 12)).toBe('00000000000');
  expect(Buffer.from(header.subarray(257, 265)).toString('latin1')).toBe('ustar\u000000');
  expect(field(header, 265, 64)).toBe('');
});

test.each([
  ['fits', 'x'.repeat(99), 512],
  ['is split', `${'p'.repeat(155)}/${'n'.repeat(99)}`, 512],
  ['cannot be split: name too long', `p/${'n'.repeat(100)}`, 1536],
  ['cannot be split: prefix too long', `${'p'.repeat(156)}/n`, 1536],
  ['is not ASCII', 'ü', 1536],
])('a name that %s', async (_title, path, size) => {
  const header = tarHeader(named(path));
  expect(header).toHaveLength(size);
  const found = await readTar(chunks(Buffer.concat([header, TAR_END]))).next();
  expect(found.value).toMatchObject({ path, type: 'directory' });
});

test.each([
  [0o77777777777, 512],
  [0o77777777777 + 1, 1536],
  [5_000_000_000_000, 1536],
])('a size of %d bytes', async (size, length) => {
  const header = tarHeader(big(size));
  expect(header).toHaveLength(length);
  expect((await readTar(chunks(header)).next()).value).toMatchObject({ size });
});

test('property: what is written is read', async () => {
  const part = fc
    .stringMatching(/^[a-z0-9 =._üß語-]{1,90}$/)
    .filter((text) => !/^\.{1,2}$/.test(text));
  const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
  const common = {
    path,
    mode: fc.nat(0o7777),
    uid: fc.nat(4_000_000_000),
    gid: fc.nat(4_000_000_000),
    mtime: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  };
  const target = fc.oneof(
    path,
    path.map((text) => `../${text}`),
  );
  const entry: fc.Arbitrary<Entry> = fc.oneof(
    fc.record({ ...common, type: fc.constant('directory' as const) }),
    fc.record({ ...common, type: fc.constant('symlink' as const), target }),
    fc.record({ ...common, type: fc.constant('hardlink' as const), target: path }),
    fc.record({
      ...common,
      type: fc.constant('file' as const),
      content: fc.record({
        kind: fc.constant('bytes' as const),
        bytes: fc.uint8Array({ maxLength: 0 }),
      }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
      const tar = Buffer.concat([...entries.map(tarHeader), TAR_END]);
      const found = [];
      for await (const {
        content: _content,
        offset: _offset,
        xattrs: _xattrs,
        size,
        ...facts
      } of readTar(chunks(tar))) {
        found.push({ ...facts, size });
      }
      const expected = entries.map((item) => {
        const { content: _content, ...facts } = item as Entry & { content?: unknown };
        return { ...facts, size: contentSize(item) };
      });
      expect(found).toEqual(expected);
    }),
  );
});
