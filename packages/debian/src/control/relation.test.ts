import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { alternativesText, parseRelations, satisfies } from './relation.ts';

describe('parseRelations', () => {
  it('reads groups, alternatives, versions, qualifiers and old operators', () => {
    const text =
      'libc6 (>= 2.36), media-types | mime-support, python3:any (<< 3.12), aa (<1), bb [amd64] <!nocheck>,';
    const groups = parseRelations(text).map(alternativesText);
    expect(groups).toEqual([
      'libc6 (>= 2.36)',
      'media-types | mime-support',
      'python3 (<< 3.12)',
      'aa (<= 1)',
      'bb',
    ]);
  });

  it.each(['A', 'a (>= )', 'a (~ 1)', 'a b', '| a', 'a (>= 1', '../a'])('refuses %j', (text) => {
    expect(() => parseRelations(text)).toThrowError(expect.objectContaining({ code: 'MLC4023' }));
  });

  it('refuses or understands, but never crashes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab1 (),|<>=:[]!.') }), (text) => {
        try {
          for (const group of parseRelations(text)) expect(group.length).toBeGreaterThan(0);
        } catch (error) {
          expect(isMlcError(error)).toBe(true);
        }
      }),
    );
  });
});

describe('satisfies', () => {
  it.each([
    ['<<', [true, false, false]],
    ['<=', [true, true, false]],
    ['=', [false, true, false]],
    ['>=', [false, true, true]],
    ['>>', [false, false, true]],
  ] as const)('%s', (operator, expected) => {
    const relation = { name: 'a', constraint: { operator, version: '1.0-1' } };
    expect(['1.0-1~', '1.0-1', '1:0'].map((version) => satisfies(version, relation))).toEqual(
      expected,
    );
  });
});
