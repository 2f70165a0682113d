import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locate, readSource } from './locate.ts';
import type { PathStep } from './raw-problem.ts';
import { tokenize } from './tokens.ts';

function lineOf(text: string, path: readonly PathStep[], atKey = false) {
  const place = locate(readSource(text), path, atKey);
  return place && [place.line, place.column];
}

describe('locate', () => {
  test.each<[string, string, PathStep[]]>([
    ['an object', 'export default {\n a: ^1 };', ['a']],
    ['a call', 'export default defineConfig({\n a: ^1 });', ['a']],
    ['an arrow', 'export default () => ({\n a: ^1 });', ['a']],
    ['a typed arrow', 'export default ({ mode }: ConfigEnv): UserConfig => ({\n a: ^1 });', ['a']],
    [
      'a function that returns',
      'export default defineConfig(async function (e) {\n const x = { b: 2 };\n return { a: ^1 };\n});',
      ['a'],
    ],
    ['CommonJS', 'const y = { a: 2 };\nmodule.exports = { a: ^1 };', ['a']],
    ['a constant', 'const config = { a: ^1 } satisfies X;\nexport default config;', ['a']],
    ['a constant without semicolons', 'const config = { a: ^1 }\nexport default config', ['a']],
    ['a constant with a type', 'const config: X = { a: ^1 };\nexport default config;', ['a']],
    ['a shorthand', 'const a = { b: ^1 };\nexport default { a };', ['a', 'b']],
    ['a spread', 'const a = { b: ^1 };\nexport default { ...a };', ['b']],
    ['the later of two objects', 'const other = { a: 1 };\nexport default { a: ^2 };', ['a']],
    ['a quoted key', 'export default { "a-b": ^1 };', ['a-b']],
    ['a list', 'export default { a: [0, [1], ^2] };', ['a', 2]],
    ['a list in a call', "export default { a: x('b', { c: [1, ^2] }) };", ['a', 'c', 1]],
    ['behind comments', 'export default { /* a: 0, { */ // }\n a: ^1 };', ['a']],
    ['behind a template', 'export default { b: `}${{ a: `}` }.a}{`, a: ^1 };', ['a']],
    ['behind a regular expression', 'export default { b: /[/}\'"]\\/}/, a: ^1 };', ['a']],
    ['behind a division', 'export default { b: 4 / 2, c: x() / 2, a: ^1 };', ['a']],
    ['as', 'const b = [1, ^2] as const;\nexport default { a: b as X };', ['a', 1]],
  ])('%s', (_, marked, path) => {
    const offset = marked.indexOf('^');
    const before = marked.slice(0, offset).split('\n');
    const text = marked.replace('^', '');
    expect(lineOf(text, path)).toEqual([before.length, (before.at(-1)?.length ?? 0) + 1]);
  });

  test('the key itself, where the key is the problem', () => {
    expect(lineOf('export default {\n  aa:\n    1 };', ['aa'], true)).toEqual([2, 3]);
    expect(lineOf('export default {\n  aa:\n    1 };', ['aa'], false)).toEqual([3, 5]);
  });

  test('the nearest place above, where the path goes on', () => {
    expect(lineOf('export default {\n a: { b: 1 } };', ['a', 'c', 'd'])).toEqual([2, 5]);
    expect(lineOf('import x;\nexport default f({ a: 1 });', ['z'])).toEqual([2, 18]);
  });

  test('a circle of names ends', () => {
    expect(lineOf('const a = b; const b = a;\nexport default a;', ['x'])).toEqual([2, 16]);
  });

  test('nothing at all in a text without objects', () => {
    expect(lineOf('', ['a'])).toBeUndefined();
    expect(lineOf('))){{{[[', ['a'])).toBeUndefined();
  });
});

/** Source text of a value, with any layout, quotes and comments, and the line of every path in it. */
const blank = fc.constantFrom(' ', '\n', '\t', ' // } { [ "\n', " /* ' ` } */ ", '\n\n');
const key = fc.stringMatching(/^[a-z]{1,4}$/);

interface Drawn {
  readonly text: string;
  readonly places: readonly (readonly [path: readonly PathStep[], offset: number])[];
}

const { value } = fc.letrec<{ value: Drawn }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf(), object(tie('value')), list(tie('value'))),
}));

function leaf(): fc.Arbitrary<Drawn> {
  const texts = fc.constantFrom(
    '1',
    "'}'",
    '"\\"{"',
    '`${`}`}`',
    '/[/]}/',
    'true',
    'x.y(1)',
    '-2 / 3',
  );
  return texts.map((text) => ({ text, places: [[[], 0]] }));
}

function object(inner: fc.Arbitrary<Drawn>): fc.Arbitrary<Drawn> {
  const entry = fc.tuple(key, blank, inner, blank);
  return fc.uniqueArray(entry, { selector: ([name]) => name, maxLength: 4 }).map((entries) =>
    joined(
      '{',
      '}',
      entries.map(([name, before, drawn, after]) => ({
        step: name,
        lead: `${before}${name}:${after}`,
        drawn,
        tail: before,
      })),
    ),
  );
}

function list(inner: fc.Arbitrary<Drawn>): fc.Arbitrary<Drawn> {
  return fc.array(fc.tuple(inner, blank), { maxLength: 4 }).map((items) =>
    joined(
      '[',
      ']',
      items.map(([drawn, before], index) => ({ step: index, lead: before, drawn, tail: '' })),
    ),
  );
}

interface Member {
  readonly step: PathStep;
  readonly lead: string;
  readonly drawn: Drawn;
  readonly tail: string;
}

function joined(open: string, close: string, members: readonly Member[]): Drawn {
  const places: [readonly PathStep[], number][] = [[[], 0]];
  let text = open;
  for (const { step, lead, drawn, tail } of members) {
    const start = text.length + lead.length;
    places.push(
      ...drawn.places.map(([path, at]): [PathStep[], number] => [[step, ...path], start + at]),
    );
    text += `${lead}${drawn.text}${tail},`;
  }
  return { text: text + close, places };
}

describe('any config', () => {
  test('every path leads to its own line', () => {
    fc.assert(
      fc.property(value, blank, ({ text, places }, before) => {
        const start = `${before}export default (`;
        const source = readSource(`${start}${text})`);
        for (const [path, offset] of places) {
          if (path.length === 0) continue;
          const lines = `${start}${text}`.slice(0, start.length + offset).split('\n');
          expect(locate(source, path, false)).toMatchObject({
            depth: path.length,
            line: lines.length,
            column: (lines.at(-1)?.length ?? 0) + 1,
          });
        }
      }),
    );
  });

  test('any text at all gives tokens that cover it, and never an error', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      '`',
      '${',
      "'",
      '"',
      '/',
      '//',
      '/*',
      '*/',
      '\n',
      '\\',
      'a',
      ':',
      ',',
      'export default',
      'const a =',
      '...',
      '=>',
      '#!',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.oneof(key, fc.nat(3))), (text, path) => {
        const offsets = tokenize(text).map(({ offset }) => offset);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        const place = locate(readSource(text), path, true);
        expect(place === undefined || place.line <= text.split('\n').length).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('brackets without end do not end the stack', () => {
    expect(lineOf(`export default ${'('.repeat(100_000)}`, ['a'])).toEqual([1, 16]);
  });
});
