import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesText,
  columns,
  countText,
  printable,
  shorten,
  timeText,
  widthOf,
  wrap,
} from './text.ts';

describe('text', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [62_200_000, '62.2 MB'],
    [3e9, '3.0 GB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (bytes, expected) => {
    expect(bytesText(bytes)).toBe(expected);
  });

  test.each([
    [0.4, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ])('%d ms are %s', (time, expected) => {
    expect(timeText(time)).toBe(expected);
  });

  test('counts', () => {
    expect([
      countText(1, 'layer'),
      countText(0, 'layer'),
      countText(2, 'entry', 'entries'),
    ]).toEqual(['1 layer', '0 layers', '2 entries']);
  });

  test.each([
    ['abc', 3],
    ['\u001b[31mabc\u001b[39m', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍💻', 2],
  ])('%s is %d columns wide', (value, width) => {
    expect(widthOf(value)).toBe(width);
  });

  test('shortened text fits, keeps both ends, and short text stays', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 0, max: 40 }),
        (value, width) => {
          const short = shorten(value, width);
          expect(widthOf(short)).toBeLessThanOrEqual(Math.max(width, 0));
          if (widthOf(value) <= width) expect(short).toBe(value);
          else if (width > 0) expect(short).toContain('…');
        },
      ),
    );
  });

  test('wrapped text keeps its words', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 16, max: 60 }), (words, width) => {
        const lines = wrap(words.join(' '), width, '  ').split('\n');
        expect(lines.join(' ').split(/\s+/).filter(Boolean)).toEqual(words);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('columns line up', () => {
    expect(
      columns(
        [
          ['a', 'b'],
          ['long', '', 'c'],
        ],
        '> ',
      ),
    ).toBe('> a     b\n> long     c');
  });

  test('printable text moves no cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(printable(value)).not.toMatch(/(?![\n\t])\p{Cc}/u);
      }),
    );
  });
});
