import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../test/support/python.ts';
import { IniError, parseIni } from './ini.ts';

describe('parseIni', () => {
  it('reads what configparser reads, and refuses what it refuses', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[global]',
        '[install]',
        '; comment',
        '# comment',
        '',
        '  ',
        '[broken',
        'no delimiter',
        '=x',
        '  # inner',
        '\t',
      ),
      fc
        .tuple(
          fc.constantFrom('a', 'B', 'c-d', 'a b'),
          fc.constantFrom('=', ' = ', ':', ' : '),
          fc.constantFrom('x', '', 'y z', 'v=w', 'a ; b', '%d'),
        )
        .map((parts) => parts.join('')),
      fc.constantFrom('  continued', '    deeper = x', ' y'),
    );
    const texts = fc.sample(
      fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
      1500,
    );
    const script = `
import configparser, json, sys
out = []
for text in json.load(sys.stdin):
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
        out.append({s: dict(parser.items(s)) for s in parser.sections()})
    except configparser.Error:
        out.append(None)
print(json.dumps(out))
`;
    const theirs = python<unknown[]>(script, texts);
    const ours = texts.map((text) => {
      try {
        return Object.fromEntries(
          [...parseIni(text)].map(([name, options]) => [name, Object.fromEntries(options)]),
        );
      } catch (error) {
        if (error instanceof IniError) return null;
        throw error;
      }
    });
    const differing = texts.flatMap((text, at) =>
      JSON.stringify(ours[at]) === JSON.stringify(theirs[at]) ? [] : [[text, ours[at], theirs[at]]],
    );
    expect(differing).toEqual([]);
  });
});
