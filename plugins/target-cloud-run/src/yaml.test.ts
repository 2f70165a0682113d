import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { toYaml } from './yaml.ts';

const word = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  fc.string(),
  fc.stringMatching(/^[-0-9a-z:.~_#/@+ ]{0,8}$/),
  fc.constantFrom('yes', 'No', 'NULL', '~', '1Gi', '512Mi', '0x2a', '1e3', '1_000', '1:30', '.inf'),
  fc.constantFrom('E0', 'e12', 'e-5', 'E+3', 'e5x', '0o7', '0b1', 'x1'),
  fc.constantFrom('2001-01-01', '=', '<<', '-', '?', 'a: b', 'a #b', ' a', 'a ', '', 'a\nb', '\t'),
);

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(word, fc.integer(), fc.boolean()),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      word.filter((key) => key !== '__proto__'),
      tie('tree'),
      { maxKeys: 3 },
    ),
  ),
}));

/** All that a reader may take for a number, which chance alone is slow to find. */
const numbers = fc.stringMatching(/^[-+]?[0-9_]{0,2}\.?[0-9_]{0,2}(?:[eE][-+]?[0-9]{1,2})?$/);

test.each(['1.1', '1.2'] as const)('a word like a number is a word in YAML %s', (version) => {
  fc.assert(
    fc.property(numbers, (value) => {
      expect(parse(toYaml({ [value]: value }), { version })).toEqual({ [value]: value });
    }),
    { numRuns: 2000 },
  );
});

test.each(['1.1', '1.2'] as const)('a reader of YAML %s finds what was written', (version) => {
  fc.assert(
    fc.property(fc.array(tree), (value) => {
      // `<<` is a key like any other to us, and a merge to a reader of 1.1.
      expect(parse(toYaml(value), { version, merge: false })).toEqual(value);
    }),
    { numRuns: 1000 },
  );
});

test('a text of plain words is what the library writes', () => {
  const value = {
    kind: 'Service',
    list: [{ name: 'a', none: undefined, deep: [['x'], [], {}] }, 'b c', 3],
    'a.b/c': '/v2/health',
    memory: '512Mi',
    quoted: ['1', 'on', '@@x@@', 'a: b'],
  };
  const options = { lineWidth: 0, version: '1.1' } as const;
  expect(toYaml(value)).toBe(stringify(value, options));
});
