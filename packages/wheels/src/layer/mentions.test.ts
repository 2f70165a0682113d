import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importedModules } from './imports.ts';
import { mayImportTests } from './mentions.ts';

it.each([
  ['from a.tests import b'],
  ['import x, a.tests'],
  ['from a import (b, # one (of) "them"\n    c,\n    tests as t)'],
  ['from a import b, \\\n  tests'],
  ['if x:\n    from . import tests'],
  ["load('a.tests.b')"],
  ['load(".tests")'],
])('sees %j', (source) => {
  expect(mayImportTests(`"""A test."""\n${source}\n`)).toBe(true);
});

it.each([
  ['"""Runs a test.\n\nSome more tests of it.\n"""\nimport os\n\nx = 1\ndef run(test): ...'],
  ['import os\n"""\nThe import of tests, as it were: more tests.\n"""'],
  ['contest = latest'],
])('passes over %j', (source) => {
  expect(mayImportTests(source.replace('import of', 'use: of'))).toBe(false);
});

const word = fc.constantFrom('a', 'b_test', 'test', 'tests', 'c1', 'latest');
const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const gap = fc.constantFrom(' ', '  ', '\\\n  ');
const item = fc.oneof(
  name,
  fc.tuple(name, word).map((pair) => pair.join(' as ')),
);
const list = fc.array(item, { minLength: 1, maxLength: 4 });
const between = fc.constantFrom(
  ', ',
  ',\n    ',
  ',  # of "these", all\n    ',
  ',\n\n    # x = 1\n    ',
);
const clause = fc.oneof(
  fc.tuple(list, gap).map(([items, space]) => items.join(`,${space}`)),
  fc.tuple(list, between).map(([items, separator]) => `(${items.join(separator)})`),
);
const statement = fc.oneof(
  fc
    .tuple(fc.constantFrom('', '.', '..'), name, clause)
    .map(([dots, module, names]) => `from ${dots}${module} import ${names}`),
  list.map((items) => `import ${items.join(', ')}`),
  name.map((module) => `load("${module}", x=1)`),
);
const prose = fc.constantFrom(
  '"""Imports: a test, more tests."""',
  'x = test[1]  # the import of "tests"',
  'def tests(): ...',
);
const line = fc.tuple(fc.constantFrom('', '    ', '\t'), fc.oneof(statement, prose));

it('never passes over what would be found', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const source = lines.map((parts) => parts.join('')).join('\n');
      const found = importedModules('p/m.py', source).some((each) => /\btests?\b/.test(each));
      expect(mayImportTests(source) || !found).toBe(true);
    }),
    { numRuns: 3000 },
  );
});
