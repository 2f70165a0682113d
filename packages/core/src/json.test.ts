import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, jsonDigest } from './json.ts';

test('the order of keys does not matter, and undefined is no value', () => {
  expect(canonicalJson({ b: 1, a: { d: undefined, c: [2, { y: 1, x: 2 }] } })).toBe(
    '{"a":{"c":[2,{"x":2,"y":1}]},"b":1}',
  );
});

test('JSON values survive', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(jsonDigest(value)).toMatch(/^[0-9a-f]{64}$/);
    }),
  );
});
