import fc from 'fast-check';
import { expect, it } from 'vitest';

import { parseChallenges } from './challenge.ts';

it.each([
  ['', []],
  ['Basic realm="x"', [{ scheme: 'basic', params: { realm: 'x' } }]],
  [
    'Bearer realm="https://a.example/token",service="reg",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        params: {
          realm: 'https://a.example/token',
          service: 'reg',
          scope: 'repository:a/b:pull,push',
        },
      },
    ],
  ],
  [
    'Basic realm="a, Bearer realm=\\"no\\"" , BEARER Realm="b"',
    [
      { scheme: 'basic', params: { realm: 'a, Bearer realm="no"' } },
      { scheme: 'bearer', params: { realm: 'b' } },
    ],
  ],
  [
    'Negotiate, Bearer realm=https://a.example/t,error="insufficient_scope"',
    [
      { scheme: 'negotiate', params: {} },
      { scheme: 'bearer', params: { realm: 'https://a.example/t', error: 'insufficient_scope' } },
    ],
  ],
  ['Bearer realm = "a" ,realm="b"', [{ scheme: 'bearer', params: { realm: 'a' } }]],
  ['Bearer', [{ scheme: 'bearer', params: {} }]],
])('%s', (header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});

it('reads any header to its end', () => {
  const near = fc.string({ unit: fc.constantFrom(...'Ba=",\\ :/1'), maxLength: 60 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (header) => {
      for (const { scheme, params } of parseChallenges(header)) {
        expect(scheme).toBe(scheme.toLowerCase());
        expect(Object.values(params).every((value) => typeof value === 'string')).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

it('what is quoted comes back', () => {
  const text = fc.string().filter((value) => !/[^\x20-\x7e]/.test(value));
  fc.assert(
    fc.property(text, text, (realm, service) => {
      const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
      expect(parseChallenges(`Bearer realm=${quoted(realm)}, service=${quoted(service)}`)).toEqual([
        { scheme: 'bearer', params: { realm, service } },
      ]);
    }),
  );
});
