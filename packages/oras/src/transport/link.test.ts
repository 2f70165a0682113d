import { expect, it } from 'vitest';

import { nextPage } from './link.ts';

const asked = {
  endpoint: {
    ...{ registry: 'r.example', repository: 'a', origin: 'https://r.example', plainHttp: false },
  },
  access: 'pull',
  what: 'the list',
} as const;

function pageOf(link: string | undefined) {
  return nextPage(
    {
      ...{ status: 200, url: 'https://r.example/v2/a/tags/list?n=2' },
      header: (name) => (name === 'link' ? link : undefined),
      body: (async function* () {
        yield new Uint8Array();
      })(),
      cancel: () => Promise.resolve(),
    },
    asked,
  )?.url;
}

it.each([
  [undefined, undefined],
  ['', undefined],
  ['</v2/a/tags/list?n=2&last=b>; rel="next"', 'https://r.example/v2/a/tags/list?n=2&last=b'],
  ['<?last=b>;rel=next', 'https://r.example/v2/a/tags/list?last=b'],
  ['<https://r.example/v2/x>; title="a"; rel="next"', 'https://r.example/v2/x'],
  ['</first>; rel="first", </second>; rel="next"', 'https://r.example/second'],
  ['</v2/x>; rel="prev"', undefined],
  ['</v2/x>; rel="nextish"', undefined],
])('the next page of %s is %s', (link, expected) => {
  expect(pageOf(link)).toBe(expected);
});

it.each([
  '<http://r.example/v2/x>; rel="next"',
  '<https://other.example/v2/x>; rel="next"',
  '<https://169.254.169.254/>; rel="next"',
  '</v2/a/tags/list?n=2>; rel="next"',
  '<ftp://r.example/>; rel="next"',
])('%s is refused', (link) => {
  expect(() => pageOf(link)).toThrow(expect.objectContaining({ code: 'MLC6506' }));
});
