import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { codeOf, get, getText, testHttp } from './fixtures/client.ts';
import { reply, startServer, type TestServer } from './fixtures/servers.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

/** Sends every request to another address. */
function redirecting(location: string, status = 302, host = '127.0.0.1'): Promise<TestServer> {
  return startServer((_request, response) => reply(response, status, '', { location }), host);
}

function answering(host = '127.0.0.1'): Promise<TestServer> {
  return startServer((_request, response) => reply(response, 200, 'yes'), host);
}

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is followed', async (status) => {
    const target = await answering();
    const server = await redirecting(`${target.origin}/there?x=1#part`, status);
    const result = await getText(testHttp().http, server.origin);
    expect(result).toMatchObject({ status: 200, text: 'yes' });
    expect(result.url).toBe(`${target.origin}/there?x=1#part`);
    expect(target.seen[0]?.url).toBe('/there?x=1');
  });

  it('may be relative', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/a/b') reply(response, 302, '', { location: '../c' });
      else reply(response, 200, request.url);
    });
    expect(await getText(testHttp().http, `${server.origin}/a/b`)).toMatchObject({ text: '/c' });
  });

  it.each([
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
    [302, 'PUT', 'PUT', 'body'],
  ] as const)('%i turns %s into %s', async (status, method, then, body) => {
    const target = await answering();
    const server = await redirecting(target.origin, status);
    const headers = { 'content-type': 'text/plain' };
    await getText(testHttp().http, server.origin, { method, headers, body: Buffer.from('body') });
    expect(target.seen[0]).toMatchObject({ method: then, body });
    expect('content-type' in (target.seen[0]?.headers ?? {})).toBe(body !== '');
  });

  it('without a target is the answer', async () => {
    const server = await startServer((_request, response) => reply(response, 304));
    expect(await getText(testHttp().http, server.origin)).toMatchObject({ status: 304 });
  });

  it.each([
    ['without end', (origin: string) => origin, 'MLC7007'],
    ['to a file', () => 'file:///etc/passwd', 'MLC7007'],
    ['to another scheme', () => 'ftp://127.0.0.1/', 'MLC7016'],
    ['to no address', () => 'http://[', 'MLC7016'],
    [
      'to the address where clouds keep credentials',
      () => 'http://169.254.169.254/latest/meta-data/',
      'MLC7007',
    ],
    ['to the same, written otherwise', () => 'http://0xa9fea9fe/', 'MLC7007'],
    ['to the same, as IPv6', () => 'http://[::ffff:169.254.169.254]/', 'MLC7007'],
    ['to no address at all', () => 'http://0.0.0.0/', 'MLC7007'],
    ['to a neighbour on the link', () => 'http://[fe80::1]/', 'MLC7007'],
  ])('%s is refused', async (_what, location, code) => {
    const server: TestServer = await startServer((_request, response) => {
      reply(response, 302, '', { location: location(server.origin) });
    });
    expect(await codeOf(get(testHttp().http, server.origin))).toBe(code);
    expect(server.seen.length).toBeLessThanOrEqual(11);
  });

  it('does not print what the target carries in its query', async () => {
    const server = await redirecting('file:///x?signature=secret');
    const error = await get(testHttp().http, server.origin).catch((reason: unknown) => reason);
    expect(JSON.stringify([error, String(error)])).not.toContain('secret');
  });
});

describe('credentials', () => {
  const sent = {
    authorization: 'Bearer token',
    cookie: 'session=1',
    'x-jfrog-art-api': 'key',
    accept: 'text/plain',
  };

  it('stay with the origin that they were given for', async () => {
    const third = await answering('127.0.0.3');
    const second = await redirecting(`${third.origin}/3`, 307, '127.0.0.2');
    const first = await redirecting(`${second.origin}/2`, 307, '127.0.0.1');
    expect(await getText(testHttp().http, first.origin, { headers: sent })).toMatchObject({
      text: 'yes',
    });
    expect(first.seen[0]?.headers).toMatchObject(sent);
    for (const server of [second, third]) {
      expect(server.seen[0]?.headers.accept).toBe('text/plain');
      expect(Object.keys(server.seen[0]?.headers ?? {}).sort()).toEqual(
        ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'].sort(),
      );
    }
  });

  it('do not come back by a detour', async () => {
    const first: TestServer = await startServer((request, response) => {
      if (request.url === '/start') reply(response, 307, '', { location: `${second.origin}/` });
      else reply(response, 200, 'yes');
    });
    const second = await redirecting(`${first.origin}/end`, 307, '127.0.0.2');
    await getText(testHttp().http, `${first.origin}/start`, { headers: sent });
    expect(first.seen.map((each) => each.headers.authorization)).toEqual([
      'Bearer token',
      undefined,
    ]);
  });

  it('stay on another port of the same host', async () => {
    const target = await answering();
    const server = await redirecting(target.origin);
    await getText(testHttp().http, server.origin, { headers: sent });
    expect(target.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('follow a redirect within the origin', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/a') reply(response, 302, '', { location: '/b' });
      else reply(response, 200);
    });
    await getText(testHttp().http, `${server.origin}/a`, { headers: sent });
    expect(server.seen[1]?.headers.authorization).toBe('Bearer token');
  });

  it('of an address are sent as Basic, and are not in the answer’s address', async () => {
    const target = await answering('127.0.0.2');
    const server = await startServer((request, response) => {
      if (request.url === '/away') reply(response, 302, '', { location: `${target.origin}/` });
      else reply(response, 200);
    });
    const origin = server.origin.replace('//', '//us%40er:p%C3%A4ss@');
    const { http } = testHttp();
    expect((await getText(http, `${origin}/`)).url).toBe(`${server.origin}/`);
    const expected = `Basic ${Buffer.from('us@er:päss').toString('base64')}`;
    expect(server.seen[0]?.headers.authorization).toBe(expected);
    await getText(http, `${origin}/away`);
    expect(target.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('in the address of a redirect are not used', async () => {
    const target = await answering('127.0.0.2');
    const server = await redirecting(target.origin.replace('//', '//planted:password@'));
    expect((await getText(testHttp().http, server.origin)).url).not.toContain('planted');
    expect(target.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('come from netrc by host; the caller’s and the address’s own go first', async () => {
    const home = await tempFolder();
    await writeFile(
      join(home, '.netrc'),
      'machine 127.0.0.1 login me password secret\ndefault login d password d\n',
    );
    const server = await answering();
    const other = await answering('127.0.0.2');
    const { http } = testHttp({ env: { HOME: home } });
    const authorization = async (url: string, headers = {}): Promise<string | undefined> => {
      await getText(http, url, { headers });
      return [...server.seen, ...other.seen].at(-1)?.headers.authorization;
    };
    const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;
    expect(await authorization(server.origin)).toBe(basic('me:secret'));
    expect(await authorization(server.origin, { Authorization: 'Bearer own' })).toBe('Bearer own');
    expect(await authorization(server.origin.replace('//', '//a:b@'))).toBe(basic('a:b'));
    expect(await authorization(other.origin)).toBeUndefined();
  });

  it('of netrc are not sent in the clear to where a redirect leads', async () => {
    const home = await tempFolder();
    await writeFile(join(home, '.netrc'), 'machine 127.0.0.2 login me password secret\n');
    const target = await answering('127.0.0.2');
    const server = await redirecting(target.origin);
    await getText(testHttp({ env: { NETRC: join(home, '.netrc') } }).http, server.origin);
    expect(target.seen[0]?.headers.authorization).toBeUndefined();
  });
});

describe('what is asked for', () => {
  it('is never compressed on the way, and never decompressed', async () => {
    const server = await startServer((_request, response) =>
      reply(response, 200, 'raw', { 'content-encoding': 'gzip' }),
    );
    expect(await getText(testHttp().http, server.origin)).toMatchObject({ text: 'raw' });
    expect(server.seen[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('may be HEAD', async () => {
    const server = await startServer((_request, response) => reply(response, 200, 'four'));
    const response = await get(testHttp().http, server.origin, { method: 'HEAD' });
    expect([response.status, response.header('Content-Length')]).toEqual([200, '4']);
    await response.cancel();
  });

  it('shares few connections', async () => {
    const server = await startServer((_request, response) =>
      setTimeout(() => reply(response, 200, 'x'), 5),
    );
    const { http } = testHttp({ connections: 4 });
    await Promise.all(Array.from({ length: 40 }, () => getText(http, server.origin)));
    expect(server.seen).toHaveLength(40);
    expect(server.connections()).toBe(4);
  });
});
