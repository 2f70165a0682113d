import { resolve } from 'node:path/posix';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf } from '../../test/support/graph.ts';
import { checkTitles, staysInside, titleFault } from './titles.ts';

test.each(['a', 'a/b.txt', 'ü/漢', '.hidden', '..a', 'a..', 'a b'])('%j is a title', (title) => {
  expect(titleFault(title)).toBeUndefined();
});

test.each([
  '',
  '.',
  '..',
  '/etc/passwd',
  '../a',
  'a/../../b',
  'a//b',
  'a/',
  './a',
  'C:/a',
  'a\\..\\b',
  'a\0b',
  'a\nb',
  '\ud800',
  'x'.repeat(256),
])('%j is none', (title) => {
  expect(titleFault(title)).toBeDefined();
});

test('whatever is a title stays inside', () => {
  const parts = fc.array(fc.constantFrom('..', '.', '', 'a', 'b', '/', '\\', 'c:'));
  fc.assert(
    fc.property(parts, fc.string(), (some, text) => {
      const title = some.join('/') + text;
      if (titleFault(title) !== undefined) return;
      expect(resolve('/out', title).startsWith('/out/')).toBe(true);
    }),
  );
});

test('titles have to fit beside each other', async () => {
  const check = (...titles: string[]) => codeOf(Promise.resolve().then(() => checkTitles(titles)));
  expect(await check('a', 'b/c', 'b/d')).toBe('done');
  expect(await check('a', 'a')).toBe('MLC6531');
  expect(await check('a/b', 'a')).toBe('MLC6531');
  expect(await check('a', 'a/b/c')).toBe('MLC6531');
  expect(await check('../a')).toBe('MLC6531');
});

test.each([
  ['', 'a', true],
  ['', '..', false],
  ['a', '..', true],
  ['a', '../b', true],
  ['a', '../../b', false],
  ['a/b', '../../c', true],
  ['', 'a/../b', false],
  ['a', './b', true],
  ['a', '/b', false],
  ['a', '', false],
])('in %j a link to %j stays inside: %s', (folder, target, inside) => {
  expect(staysInside(folder, target)).toBe(inside);
});
