import { describe, expect, test } from 'vitest';
import { allows, parseRequirement } from './requirement.ts';
import { compareVersions, parseVersion, satisfies } from './version.ts';

describe('versions', () => {
  test('stand in the order of PEP 440', () => {
    const ordered = [
      '0.24.2',
      '1.0.dev3',
      '1.0a1',
      '1.0b2',
      '1.0rc1',
      '1.0',
      '1.0.post1',
      '1.0.1',
      '1.10',
      '1!0.1',
    ];
    const shuffled = ordered.toReversed().map((text) => ({ text, version: parseVersion(text)! }));
    shuffled.sort((a, b) => compareVersions(a.version, b.version));
    expect(shuffled.map(({ text }) => text)).toEqual(ordered);
  });

  test.each(['', 'one', '1.', '1.0x', '1..0', '>=1'])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  test.each([
    ['1.9.1', '==1.9.1', true],
    ['1.9.1', '==1.9.1.0', true],
    ['1.9.1', '===1.9.1', true],
    ['1.9.1', '== 1.9.*', true],
    ['1.9.1', '!=1.9.*', false],
    ['1.9.1', '==1.8.*', false],
    ['1.9.1', '>=1.9,', false],
    ['1.9.1', '>=1.9', true],
    ['1.9.1', '<1.9.1', false],
    ['1.9.1', '>1.9.1', false],
    ['1.9.1', '<=1.9.1', true],
    ['1.9.1', '~=1.9.0', true],
    ['1.10.0', '~=1.9.0', false],
    ['1.10.0', '~=1.9', true],
    ['1.4.1.post1', '==1.4.1', false],
    ['1.9.0rc1', '>=1.9', false],
    ['1.9.1', 'nonsense', false],
  ])('%s %s: %s', (version, clause, expected) => {
    expect(satisfies(parseVersion(version)!, clause)).toBe(expected);
  });
});

describe('requirements', () => {
  test.each([
    ['scikit-learn', { name: 'scikit-learn', clauses: [] }],
    ['Scikit_Learn == 1.9.1', { name: 'scikit-learn', clauses: ['== 1.9.1'] }],
    [
      'scikit-learn[tests]>=1.3,<2 ; python_version > "3"',
      { name: 'scikit-learn', clauses: ['>=1.3', '<2'] },
    ],
    ['scikit.learn (>=1.0)', { name: 'scikit-learn', clauses: ['>=1.0'] }],
    ['scikit-learn @ file:///x.whl', { name: 'scikit-learn', url: 'file:///x.whl' }],
  ])('%s', (text, expected) => {
    expect(parseRequirement(text)).toMatchObject(expected);
  });

  test.each(['-r other.txt', '--index-url x', '# note', ''])('%j is none', (text) => {
    expect(parseRequirement(text)).toBeUndefined();
  });

  test('a URL allows no version, since its own cannot be known', () => {
    expect(allows(parseRequirement('scikit-learn @ file:///x.whl')!, '1.9.1')).toBe(false);
  });
});
