import { describe, expect, it } from 'vitest';

import { createAuthority } from './fixtures/certificates.ts';
import { codeOf, get, getText, testHttp } from './fixtures/client.ts';
import { startProxy } from './fixtures/proxy.ts';
import { reply, startServer, startTlsServer } from './fixtures/servers.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

/** No name of these tests exists: only the proxy can lead there. */
const lookup = () => Promise.reject(new Error('looked up'));

async function plainServer() {
  const server = await startServer((request, response) => reply(response, 200, request.url));
  return { server, url: `http://files.test:${server.port}/a?b=c` };
}

async function secureServer() {
  const authority = await createAuthority(await tempFolder());
  const identity = await authority.issue('DNS:files.test');
  const server = await startTlsServer(identity, (request, response) =>
    reply(response, 200, request.url),
  );
  return { server, caFile: authority.caFile, url: `https://files.test:${server.port}/a?b=c` };
}

describe('a proxy', () => {
  it.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])(
    'is asked for http: as %s says',
    async (name) => {
      const [{ url }, proxy] = await Promise.all([plainServer(), startProxy()]);
      const { http } = testHttp({ env: { [name]: proxy.url } });
      expect(await getText(http, url)).toMatchObject({ text: '/a?b=c', url });
      expect(proxy.seen).toEqual([`GET ${url}`]);
      expect(http.egress()[0]).toMatchObject({ origin: new URL(url).origin, proxy: proxy.url });
    },
  );

  it.each(['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])(
    'makes a tunnel for https: as %s says',
    async (name) => {
      const [{ url, server, caFile }, proxy] = await Promise.all([secureServer(), startProxy()]);
      const { http } = testHttp({
        env: { [name]: proxy.url, NODE_EXTRA_CA_CERTS: caFile },
        connections: 1,
      });
      expect(await getText(http, url)).toMatchObject({ text: '/a?b=c' });
      await getText(http, url);
      expect(proxy.seen).toEqual([`CONNECT files.test:${server.port}`]);
    },
  );

  it('may be given without scheme, and lower case goes first', async () => {
    const [{ url }, proxy] = await Promise.all([plainServer(), startProxy()]);
    const env = { http_proxy: proxy.url.replace('http://', ''), HTTP_PROXY: 'http://127.0.0.1:1' };
    expect(await getText(testHttp({ env }).http, url)).toMatchObject({ status: 200 });
  });

  it('gets the credentials of its own address, and the server does not', async () => {
    const [plain, secure, proxy] = await Promise.all([
      plainServer(),
      secureServer(),
      startProxy({ login: 'me:p@ss' }),
    ]);
    const address = proxy.url.replace('//', '//me:p%40ss@');
    const { http } = testHttp({ env: { HTTP_PROXY: address, HTTPS_PROXY: address } });
    expect(await getText(http, plain.url)).toMatchObject({ status: 200 });
    expect(await getText(http, secure.url, { caFile: secure.caFile })).toMatchObject({
      status: 200,
    });
    for (const { headers } of [...plain.server.seen, ...secure.server.seen]) {
      expect(headers['proxy-authorization']).toBeUndefined();
    }
  });

  it('that wants credentials is MLC7009, not a refusal by the server', async () => {
    const [plain, secure, proxy] = await Promise.all([
      plainServer(),
      secureServer(),
      startProxy({ login: 'me:secret' }),
    ]);
    const { http } = testHttp({
      env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url.replace('//', '//me:wrong@') },
    });
    for (const url of [plain.url, secure.url]) {
      const error = await get(http, url, { caFile: secure.caFile }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({
        code: 'MLC7009',
        data: { status: 407, proxy: new URL(proxy.url).host },
      });
      expect(JSON.stringify([error, String(error)])).not.toContain('wrong');
    }
    expect(proxy.seen).toHaveLength(2);
  });

  it('that refuses a tunnel is MLC7009; one that is not there is MLC7001', async () => {
    const [secure, proxy] = await Promise.all([secureServer(), startProxy({ refuse: 403 })]);
    const refused = testHttp({ env: { HTTPS_PROXY: proxy.url } }).http;
    expect(await codeOf(get(refused, secure.url, { caFile: secure.caFile }))).toBe('MLC7009');
    const missing = testHttp({
      env: { HTTPS_PROXY: 'http://127.0.0.1:1' },
      retry: { attempts: 2 },
    }).http;
    expect(await codeOf(get(missing, secure.url, { caFile: secure.caFile }))).toBe('MLC7001');
  });

  it('may be named by the request, where the environment names none', async () => {
    const [{ url }, own, other] = await Promise.all([plainServer(), startProxy(), startProxy()]);
    const { http } = testHttp({ env: {} });
    expect(await getText(http, url, { proxy: own.url })).toMatchObject({ status: 200 });
    const env = { HTTP_PROXY: other.url };
    await getText(testHttp({ env }).http, url, { proxy: own.url });
    expect([own.seen.length, other.seen.length]).toEqual([1, 1]);
    const direct = testHttp({
      env: { NO_PROXY: 'files.test' },
      lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    expect(await getText(direct.http, url, { proxy: own.url })).toMatchObject({ status: 200 });
    expect(own.seen).toHaveLength(1);
  });

  it('is left out for NO_PROXY and for this machine', async () => {
    const [{ server, url }, proxy] = await Promise.all([plainServer(), startProxy()]);
    const direct = testHttp({
      env: { HTTP_PROXY: proxy.url, NO_PROXY: '.test' },
      lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    expect(await getText(direct.http, url)).toMatchObject({ status: 200 });
    expect(
      await getText(testHttp({ env: { HTTP_PROXY: proxy.url } }).http, server.origin),
    ).toMatchObject({ status: 200 });
    expect(proxy.seen).toEqual([]);
  });

  it('resolves the names of redirects too', async () => {
    const [target, proxy] = await Promise.all([plainServer(), startProxy()]);
    const server = await startServer((_request, response) =>
      reply(response, 302, '', { location: target.url }),
    );
    const { http } = testHttp({ env: { HTTP_PROXY: proxy.url }, lookup });
    expect(await getText(http, `http://start.test:${server.port}/`)).toMatchObject({
      text: '/a?b=c',
    });
  });
});
