import { expect, it } from 'vitest';
import { noiseOf } from './noise.ts';

it.each([
  ['tmp', true],
  ['tmp/a/b', true],
  ['tmpfiles', false],
  ['usr/tmp', false],
  ['etc/hosts', true],
  ['etc/hosts/below', false],
  ['etc', false],
  ['home/somebody/.cache/pip', true],
  ['home/somebody/file', false],
  ['home/.cache', false],
  ['var/cache/ldconfig/aux-cache', true],
])('%s: %s', (path, expected) => {
  expect(noiseOf(path) !== undefined).toBe(expected);
});
