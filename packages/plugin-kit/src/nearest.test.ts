import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('nearest', () => {
  test.each([
    ['plugin', ['plugins', 'model'], ['plugins']],
    ['modle', ['model', 'mode'], ['mode', 'model']],
    ['BUILD', ['build', 'buildah'], ['build', 'buildah']],
    ['comp', ['completion', 'config'], ['completion']],
    ['x', ['y', 'zz'], ['y']],
    ['deploy', ['build', 'plan'], []],
  ])('%s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toEqual(expected);
  });

  test('finds the word itself first', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (word, others) => {
        expect(
          editDistance(
            (nearest(word, [word, ...others])[0] ?? '').toLowerCase(),
            word.toLowerCase(),
          ),
        ).toBe(0);
      }),
    );
  });
});

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
    ['', 'ab', 2],
  ])('%s to %s', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test('is symmetric, and no more than the longer word', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
