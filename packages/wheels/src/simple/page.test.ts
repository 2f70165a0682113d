import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { faultOf } from '../../test/support/fault.ts';
import { parseHtml, parsePage } from './page.ts';

const base = 'https://index.example/simple/demo/';
const hash = 'ab'.repeat(32);

describe('HTML pages', () => {
  it.each([
    [
      `<a href="d-1.whl#sha256=${hash}">d</a>`,
      { url: `${base}d-1.whl`, file: 'd-1.whl', sha256: hash },
    ],
    [`<A HREF='../../files/d-1.whl'>x</A>`, { url: 'https://index.example/files/d-1.whl' }],
    [
      `<a class=x href=/f/d%2Bcpu-1.whl>x</a>`,
      { file: 'd+cpu-1.whl', url: 'https://index.example/f/d%2Bcpu-1.whl' },
    ],
    [
      `<a href="https://cdn.example/d-1.whl?t=1&amp;u=2#md5=00">x</a>`,
      { url: 'https://cdn.example/d-1.whl?t=1&u=2' },
    ],
    [`<a data-yanked="bad" href="d-1.whl">x</a>`, { yanked: true }],
    [`<a data-yanked href="d-1.whl">x</a>`, { yanked: true }],
    [
      `<a data-requires-python="&gt;=3.8" href="d-1.whl">x</a>`,
      { requiresPython: '>=3.8', yanked: false },
    ],
    [
      `<base href="https://other.example/x/"><a href="d-1.whl">x</a>`,
      { url: 'https://other.example/x/d-1.whl' },
    ],
    [`<a title="a > b" href="d-1.whl">x</a>`, { file: 'd-1.whl' }],
  ])('%s', (html, expected) => {
    expect(parseHtml(html, base)).toEqual([expect.objectContaining(expected)]);
  });

  it('survives an entity past Unicode', () => {
    expect(parseHtml('<a href="d-1.whl&#99999999;&#x41;">x</a>', base)).toHaveLength(1);
  });

  it('skips comments, anchors without address, and what is no URL', () => {
    expect(
      parseHtml('<!-- <a href="x.whl">x</a> --><a name="y">y</a><a href="http://[">z</a>', base),
    ).toEqual([]);
  });
});

describe('JSON pages', () => {
  const page = (files: unknown, version: unknown = '1.4') =>
    parsePage(
      JSON.stringify({ meta: { 'api-version': version }, files }),
      'application/vnd.pypi.simple.v1+json; charset=utf-8',
      base,
    );

  it('reads files', () => {
    expect(
      page([
        {
          filename: 'd-1.whl',
          url: 'd-1.whl',
          hashes: { sha256: hash.toUpperCase() },
          size: 7,
          yanked: 'why',
          'requires-python': '>3',
        },
      ]),
    ).toEqual([
      {
        file: 'd-1.whl',
        url: `${base}d-1.whl`,
        sha256: hash,
        size: 7,
        yanked: true,
        requiresPython: '>3',
      },
    ]);
  });

  it.each([
    ['another version', () => page([], '2.0')],
    ['no version', () => page([], null)],
    ['no files', () => page('x')],
    ['no JSON', () => parsePage('{', 'application/json', base)],
    ['another type', () => parsePage('x', 'application/zip', base)],
  ])('refuses %s', async (_, call) => {
    expect(await faultOf(call)).toBe('MLC5022');
  });
});

it('takes any text without another error than its own', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          '<',
          'a',
          ' ',
          'href',
          '=',
          '"',
          "'",
          '>',
          '&',
          '#',
          'x',
          ';',
          '{',
          '}',
          '[',
          ']',
          ':',
          '/',
        ),
      }),
      fc.boolean(),
      (text, json) => {
        try {
          parsePage(text, json ? 'application/json' : 'text/html', base);
        } catch (error) {
          if (!isMlcError(error)) throw error;
        }
      },
    ),
    { numRuns: 2000 },
  );
});
