import fc from 'fast-check';
import { expect, it } from 'vitest';

import { formatReference, parseReference } from './reference.ts';

const HEX = 'ab'.repeat(32);

it.each([
  ['ubuntu', 'docker.io/library/ubuntu'],
  ['ubuntu:24.04', 'docker.io/library/ubuntu:24.04'],
  ['user/app', 'docker.io/user/app'],
  ['docker.io/ubuntu', 'docker.io/library/ubuntu'],
  ['index.docker.io/ubuntu', 'docker.io/library/ubuntu'],
  ['docker.io/user/app', 'docker.io/user/app'],
  ['localhost/app', 'localhost/app'],
  ['localhost:5000', 'docker.io/library/localhost:5000'],
  ['localhost:5000/app', 'localhost:5000/app'],
  ['localhost:5000/app:1', 'localhost:5000/app:1'],
  ['Registry.Example/app', 'registry.example/app'],
  ['registry.example/a/b__c/d-e:V1.0_x', 'registry.example/a/b__c/d-e:V1.0_x'],
  ['127.0.0.1:80/app', '127.0.0.1:80/app'],
  ['[::1]:5000/app', '[::1]:5000/app'],
  ['[2001:DB8::1]/app', '[2001:db8::1]/app'],
  [`ghcr.io/o/app@sha256:${HEX}`, `ghcr.io/o/app@sha256:${HEX}`],
  [`ghcr.io/o/app:1@sha256:${HEX}`, `ghcr.io/o/app:1@sha256:${HEX}`],
])('%s is %s', (text, full) => {
  expect(formatReference(parseReference(text))).toBe(full);
});

it.each([
  ['', 'MLC6501'],
  ['App', 'MLC6501'],
  ['registry.example/App', 'MLC6501'],
  ['registry.example/', 'MLC6501'],
  ['registry.example//a', 'MLC6501'],
  ['a/../b', 'MLC6501'],
  ['a..b', 'MLC6501'],
  ['a:', 'MLC6501'],
  ['a:-x', 'MLC6501'],
  [`a:${'x'.repeat(129)}`, 'MLC6501'],
  [HEX, 'MLC6501'],
  ['https://registry.example/app', 'MLC6501'],
  ['user:secret@registry.example/app', 'MLC6501'],
  ['-registry.example/app', 'MLC6501'],
  ['[::1/app', 'MLC6501'],
  ['app@', 'MLC6501'],
  ['app@sha256:abc', 'MLC6501'],
  [`app@sha256:${HEX.toUpperCase()}`, 'MLC6501'],
  [`app@sha512:${HEX}${HEX}`, 'MLC6514'],
  [`app@sha1:${'a'.repeat(40)}`, 'MLC6514'],
  ['Z/a', 'MLC6501'],
])('refuses %s', (text, code) => {
  expect(() => parseReference(text)).toThrow(expect.objectContaining({ code }));
});

it.each([300, 100_000])('refuses %d characters', (length) => {
  expect(() => parseReference('a/'.repeat(length / 2) + 'a')).toThrow(
    expect.objectContaining({ code: 'MLC6501' }),
  );
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const part = fc
  .tuple(
    word,
    fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word), { maxLength: 3 }),
  )
  .map(([first, rest]) => first + rest.map((pair) => pair.join('')).join(''));
const registry = fc
  .tuple(
    fc.array(word, { minLength: 2, maxLength: 3 }),
    fc.option(fc.integer({ min: 1, max: 65535 })),
  )
  .map(([labels, port]) => labels.join('.') + (port === null ? '' : `:${port}`));
const reference = fc.record(
  {
    registry,
    repository: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
    digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex): `sha256:${string}` => `sha256:${hex}`),
  },
  { requiredKeys: ['registry', 'repository'] },
);

it('what is formatted is parsed to the same', () => {
  fc.assert(
    fc.property(reference, (given) => {
      expect(parseReference(formatReference(given))).toEqual(given);
    }),
  );
});

it('any text is a reference in a stable form, or an error of ours', () => {
  const near = fc.string({ unit: fc.constantFrom(...'aZ0.:/@_-[]sha256 %é'), maxLength: 40 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      let full: string;
      try {
        full = formatReference(parseReference(text));
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^MLC65(01|14)$/) });
        return;
      }
      expect(formatReference(parseReference(full))).toBe(full);
    }),
    { numRuns: 2000 },
  );
});
