import { describe, expect, it } from 'vitest';
import { parseDeb822 } from './deb822.ts';

describe('parseDeb822', () => {
  it('reads paragraphs, continuations and comments', () => {
    const [first, second, ...more] = parseDeb822('A: 1\n# no\nB:\n x\n .\n\n\n \nA:2\r\n', 'text');
    expect([...(first ?? [])]).toEqual([
      ['a', '1'],
      ['b', '\nx\n.'],
    ]);
    expect([...(second ?? [])]).toEqual([['a', '2']]);
    expect(more).toEqual([]);
  });

  it.each(['A', ' a', 'A: 1\na: 2', ': 1', 'A B: 1'])('refuses %j', (text) => {
    const parse = () => parseDeb822(text, 'text');
    expect(parse).toThrowError(expect.objectContaining({ code: 'MLC4012' }));
  });
});
