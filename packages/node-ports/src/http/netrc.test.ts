import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseNetrc } from './netrc.ts';

describe('parseNetrc', () => {
  it.each([
    ['one line', 'machine a.test login me password pw', { 'a.test': 'me:pw' }],
    [
      'many lines',
      'machine a.test\n\tlogin me\n\tpassword pw\nmachine b.test\n login you\n password qw\n',
      { 'a.test': 'me:pw', 'b.test': 'you:qw' },
    ],
    [
      'a password that is a keyword',
      'machine a.test login machine password default',
      { 'a.test': 'machine:default' },
    ],
    ['an account', 'machine a.test login me account x password pw', { 'a.test': 'me:pw' }],
    ['a token without login', 'machine a.test password token', { 'a.test': ':token' }],
    ['quotes', 'machine a.test login "a b" password "q\\"w"', { 'a.test': 'a b:q"w' }],
    ['signs', 'machine a.test login me password p#w:/@ä', { 'a.test': 'me:p#w:/@ä' }],
    [
      'comments',
      '# machine x.test login a password b\nmachine a.test login me password pw # old',
      { 'a.test': 'me:pw' },
    ],
    ['upper case', 'machine A.Test login me password pw', { 'a.test': 'me:pw' }],
    [
      'two entries of a host',
      'machine a.test login me password pw machine a.test login x password y',
      { 'a.test': 'me:pw' },
    ],
    [
      'a macro',
      'macdef init\ncd /pub\nmachine x.test login a password b\n\nmachine a.test login me password pw',
      { 'a.test': 'me:pw' },
    ],
    ['a default', 'default login anonymous password me@\n', {}],
    ['no password', 'machine a.test login me', {}],
    ['Windows lines', 'machine a.test\r\nlogin me\r\npassword pw\r\n', { 'a.test': 'me:pw' }],
    ['nothing', '', {}],
  ])('reads %s', (_what, text, expected) => {
    expect(Object.fromEntries(parseNetrc(text))).toEqual(expected);
  });

  it('never throws', () => {
    const word = fc.constantFrom(
      'machine',
      'login',
      'password',
      'macdef',
      'default',
      '"',
      '\\',
      '#',
      '\n',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(parseNetrc(words.join(' ')).size).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('reads every login that can be written plainly', () => {
    const plain = fc.stringMatching(/^[a-z0-9!$%&/()=?+*~.;,<>|@-]{1,20}$/);
    fc.assert(
      fc.property(plain, plain, (login, password) => {
        expect(parseNetrc(`machine h login ${login} password ${password}`).get('h')).toBe(
          `${login}:${password}`,
        );
      }),
    );
  });
});
