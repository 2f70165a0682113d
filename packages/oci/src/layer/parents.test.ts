import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directory, file, symlink } from '../../test/support/entries.ts';
import type { Entry } from '../entry.ts';
import { createLayerFaults } from './lint.ts';
import { withParents } from './parents.ts';

const paths = (entries: Iterable<Entry>): string[] => [...entries].map(({ path }) => path);

test('adds what is missing, once, before the first child', () => {
  const result = withParents([file('a/b/c', ''), file('a/d', ''), file('e', '')]);
  expect(paths(result)).toEqual(['a', 'a/b', 'a/b/c', 'a/d', 'e']);
  expect(result[0]).toEqual({ type: 'directory', path: 'a', mode: 0o755 });
});

test('a directory that comes late is moved, with its mode', () => {
  const result = withParents([file('a/b', ''), directory('a', 0o700)]);
  expect(result).toEqual([directory('a', 0o700), file('a/b', '')]);
});

test('faults of the input stay visible to the lint', () => {
  expect(paths(withParents([directory('a'), directory('a')]))).toEqual(['a', 'a']);
  expect(paths(withParents([file('a', ''), directory('a')]))).toEqual(['a', 'a']);
  expect(paths(withParents([symlink('a', 'b'), file('a/c', '')]))).toEqual(['a', 'a/c']);
});

test('property: with unique paths and real directories nothing is missing, lost or twice', () => {
  const part = fc.constantFrom('p', 'q', 'r', 's');
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(
      fc.uniqueArray(path, { maxLength: 12 }),
      fc.infiniteStream(fc.boolean()),
      (list, coin) => {
        const isParent = (one: string): boolean =>
          list.some((other) => other.startsWith(`${one}/`));
        const given = list.map((one) =>
          isParent(one) || coin.next().value ? directory(one) : file(one, ''),
        );
        const result = withParents(given);
        const faults = createLayerFaults();
        expect(result.flatMap((entry) => [...faults(entry)])).toEqual([]);
        for (const entry of given) expect(result).toContain(entry);
      },
    ),
  );
});
