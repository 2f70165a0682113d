import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { codeOf, get, getText, readBody, testHttp } from './fixtures/client.ts';
import { listen, reply, startServer } from './fixtures/servers.ts';

/** Refuses `times` requests with a status, then answers. */
function failing(times: number, status: number, headers: Record<string, string> = {}) {
  return startServer((_request, response, index) => {
    if (index < times) reply(response, status, `no ${index}`, headers);
    else reply(response, 200, 'yes');
  });
}

describe('a status that may pass', () => {
  it.each([408, 429, 500, 502, 503, 504, 522])(
    '%i is tried again until it does',
    async (status) => {
      const server = await failing(2, status);
      const { http, clock } = testHttp();
      expect(await getText(http, `${server.origin}/`)).toMatchObject({ status: 200, text: 'yes' });
      expect(server.seen).toHaveLength(3);
      expect(clock.sleeps).toEqual([250, 500]);
    },
  );

  it('is given with its body when attempts run out', async () => {
    const server = await failing(99, 503);
    const { http, clock } = testHttp();
    expect(await getText(http, server.origin)).toMatchObject({ status: 503, text: 'no 4' });
    expect(clock.sleeps).toEqual([250, 500, 1000, 2000]);
  });

  it.each([400, 401, 403, 404, 410, 501])('%i is final', async (status) => {
    const server = await failing(1, status);
    expect(await getText(testHttp().http, server.origin)).toMatchObject({ status });
    expect(server.seen).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  const soon = 'Thu, 01 Jan 2026 00:00:07 GMT';
  it.each([
    ['seconds', '7', 7350],
    ['a date', soon, 7350],
    ['a date of RFC 850', 'Thursday, 01-Jan-26 00:00:07 GMT', 7350],
    ['a date of asctime', 'Thu Jan  1 00:00:07 2026', 7350],
    ['a date gone by', 'Wed, 31 Dec 2025 23:59:00 GMT', 250],
    ['nothing usable', 'soon', 250],
    ['a negative number', '-5', 250],
    ['no time', '0', 250],
    ['too long a time', '86400', 63_000],
    ['too far a date', 'Fri, 02 Jan 2026 00:00:00 GMT', 63_000],
  ])('may be %s', async (_what, value, pause) => {
    const server = await failing(1, 429, { 'retry-after': value });
    const { http, clock } = testHttp();
    expect(await getText(http, server.origin)).toMatchObject({ status: 200 });
    expect(clock.sleeps).toEqual([pause]);
  });

  it('holds back the other requests to that server', async () => {
    const server = await failing(1, 429, { 'retry-after': '5' });
    const { http, clock } = testHttp({ retry: { attempts: 1 } });
    expect(await getText(http, `${server.origin}/a`)).toMatchObject({ status: 429 });
    expect(await getText(http, `${server.origin}/b`)).toMatchObject({ status: 200 });
    expect(clock.sleeps).toEqual([5250]);
  });
});

describe('what is sent again', () => {
  it('is the whole body', async () => {
    const server = await failing(2, 503);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first ');
      yield Buffer.from('second');
    }
    const { status } = await getText(testHttp().http, server.origin, { method: 'PUT', body });
    expect(status).toBe(200);
    expect(server.seen.map((each) => each.body)).toEqual(Array(3).fill('first second'));
  });

  it.each([
    [500, 1],
    [502, 1],
    [429, 2],
    [503, 2],
  ])('is no POST after %i, unless it was not processed', async (status, requests) => {
    const server = await failing(1, status);
    await getText(testHttp().http, server.origin, { method: 'POST', body: Buffer.from('x') });
    expect(server.seen).toHaveLength(requests);
  });

  it('is no POST after a connection that broke', async () => {
    let requests = 0;
    const server = await startServer((_request, response) => {
      requests += 1;
      response.destroy();
    });
    expect(
      await codeOf(get(testHttp().http, server.origin, { method: 'POST', body: Buffer.from('x') })),
    ).toBe('MLC7001');
    expect(requests).toBe(1);
  });
});

describe('no answer', () => {
  it.each([
    ['a connection closed at once', ''],
    ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['half a header', 'HTTP/1.1 200 OK\r\nContent-Le'],
    [
      'two different lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
  ])('is MLC7001 after all attempts: %s', async (what, text) => {
    const server = createServer((socket) => void socket.once('data', () => socket.end(text)));
    const { port, connections } = await listen(server, '127.0.0.1');
    const { http, clock } = testHttp({ retry: { attempts: 3 } });
    expect(await codeOf(get(http, `http://127.0.0.1:${port}/`).then(readBody))).toBe('MLC7001');
    // Where bytes came before, it may be a kept connection that the server had enough of: at once again, the first time.
    expect(clock.sleeps).toEqual(what === 'half a header' ? [0, 500] : [250, 500]);
    expect(connections()).toBe(3);
  });

  it('is MLC7001 where nobody listens', async () => {
    const server = createServer();
    const { port } = await listen(server, '127.0.0.1');
    await new Promise((resolve) => server.close(resolve));
    const { http, clock } = testHttp();
    const error = await get(http, `http://u:secret@127.0.0.1:${port}/?token=secret`).catch(
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({
      code: 'MLC7001',
      exitCode: 75,
      data: { attempts: 5, detail: 'ECONNREFUSED' },
    });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('secret');
    expect(clock.sleeps).toHaveLength(4);
  });

  it('is MLC7001 at once where the name does not exist', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
    const { http, clock } = testHttp({ lookup });
    expect(await codeOf(get(http, 'http://missing.test/'))).toBe('MLC7001');
    expect(clock.sleeps).toEqual([]);
  });

  it('is tried again where the name could not be looked up', async () => {
    const server = await startServer((_request, response) => reply(response, 200, 'yes'));
    let tries = 0;
    const lookup = () => {
      tries += 1;
      if (tries === 1) return Promise.reject(Object.assign(new Error('x'), { code: 'EAI_AGAIN' }));
      return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    };
    const { text } = await getText(testHttp({ lookup }).http, `http://name.test:${server.port}/`);
    expect([text, tries]).toEqual(['yes', 2]);
  });

  it('is MLC7001 where the server keeps silent', async () => {
    const server = await startServer(() => undefined);
    const { http } = testHttp({ timeouts: { headers: 50 }, retry: { attempts: 2 } });
    expect(await codeOf(get(http, server.origin))).toBe('MLC7001');
    expect(server.seen).toHaveLength(2);
  });
});

describe('abort', () => {
  const reason = new Error('stop');

  it('ends the wait for an answer, for a body and for the next attempt', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/body') response.write('x');
      if (request.url === '/busy') reply(response, 503);
    });
    for (const path of ['/silent', '/body', '/busy']) {
      const controller = new AbortController();
      const { http } = testHttp({
        clock: {
          now: () => new Date(),
          monotonic: () => 0,
          sleep: (_ms, own) =>
            new Promise((_resolve, reject) =>
              own.addEventListener('abort', () => reject(own.reason as Error)),
            ),
        },
      });
      const request = get(http, server.origin + path, { signal: controller.signal }).then(readBody);
      setTimeout(() => controller.abort(reason), 40);
      await expect(request).rejects.toBe(reason);
    }
  });

  it('sends nothing when it came before', async () => {
    const server = await startServer((_request, response) => reply(response, 200));
    await expect(
      get(testHttp().http, server.origin, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    expect(server.seen).toHaveLength(0);
  });
});
