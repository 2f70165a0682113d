import type { HttpResponse } from '@mlcontainer/plugin-kit';
import { expect, it } from 'vitest';

import { readRefusal, toError } from './errors.ts';

function answer(status: number, body: string | Uint8Array): HttpResponse {
  return {
    ...{ status, url: 'https://r.example/v2/', header: () => undefined },
    body: (async function* () {
      yield Buffer.from(body);
    })(),
    cancel: () => Promise.resolve(),
  };
}

const TERMINAL = '\u001b[31mred\u001b[0m\r\nnext\u0000';

it.each([
  ['{"errors":[{"code":"DENIED","message":"no","detail":1}]}', 'DENIED: no'],
  ['{"errors":[{"code":"A"},{"message":"b"},{}]}', 'A; b'],
  ['{"errors":[]}', ''],
  ['{"errors":null}', ''],
  ['{"errors":["x"]}', ''],
  ['{"message":"wait"}', 'wait'],
  ['{"error":"invalid_grant"}', 'invalid_grant'],
  ['', ''],
  ['<html><body>secret page</body></html>', ''],
  ['404 page not found\n', '404 page not found'],
  [TERMINAL, '[31mred [0m next'],
  ['x'.repeat(500), `${'x'.repeat(400)}…`],
  ['x'.repeat(70_000), ''],
])('the body %j tells %j', async (body, text) => {
  expect((await readRefusal(answer(400, body))).text).toBe(text);
});

it('a body that breaks off is as good as none', async () => {
  const broken = {
    ...answer(500, ''),
    // eslint-disable-next-line require-yield -- it breaks before it gives anything
    body: (async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('cut');
    })(),
  };
  expect(await readRefusal(broken)).toEqual({ status: 500, errors: [], text: '' });
});

const endpoint = {
  ...{ registry: 'r.example', repository: 'a', origin: 'https://r.example', plainHttp: false },
};

it.each([
  [400, 'MLC6502'],
  [404, 'MLC6502'],
  [501, 'MLC6502'],
  [403, 'MLC6504'],
  [408, 'MLC6505'],
  [429, 'MLC6505'],
  [503, 'MLC6505'],
])('%d is %s', (status, code) => {
  expect(toError({ status, text: '' }, { endpoint, access: 'pull', what: 'x' })).toMatchObject({
    code,
  });
});
