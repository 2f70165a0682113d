import { describe, expect, it } from 'vitest';

import { createAuthority } from './fixtures/certificates.ts';
import { codeOf, get, getText, testHttp } from './fixtures/client.ts';
import { reply, startServer, startTlsServer } from './fixtures/servers.ts';
import { startSquid, type Squid } from './fixtures/squid.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

const NAMES = ['files.test', 'registry.test', 'denied.test'];
const LOGIN = { user: 'me@corp', password: 'p:ä ss%1' };

/** No name of these tests exists here: only squid knows them. */
const lookup = () => Promise.reject(new Error('looked up'));

async function surroundings() {
  const squid = await startSquid({ ...LOGIN, names: NAMES, denied: ['denied.test'] });
  const authority = await createAuthority(await tempFolder());
  const identity = await authority.issue(NAMES.map((name) => `DNS:${name}`).join(','));
  const secure = await startTlsServer(identity, (request, response) =>
    reply(response, 201, `${request.method} ${request.body.length}`),
  );
  const plain = await startServer((request, response) => reply(response, 200, request.url));
  const login = `${encodeURIComponent(LOGIN.user)}:${encodeURIComponent(LOGIN.password)}`;
  return { squid, secure, plain, caFile: authority.caFile, proxy: `http://${login}@${squid.host}` };
}

/** A port that reaches the network through a proxy alone. */
function through(proxy: string, caFile: string, more: Record<string, string> = {}) {
  const env = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, SSL_CERT_FILE: caFile, ...more };
  return testHttp({ env, lookup });
}

async function tunnels(squid: Squid): Promise<number> {
  const log = await squid.log();
  return log.filter((line) => line.startsWith('TCP_TUNNEL/200')).length;
}

describe('through a squid that wants credentials', () => {
  it('files come and bodies go', async () => {
    const { secure, plain, squid, caFile, proxy } = await surroundings();
    const { http } = through(proxy, caFile);
    const url = `https://registry.test:${secure.port}/v2/`;
    const body = new Uint8Array(3_000_000);
    expect(await getText(http, url, { method: 'PUT', body })).toMatchObject({
      status: 201,
      text: 'PUT 3000000',
    });
    const open = `http://files.test:${plain.port}/a?b=c`;
    expect(await getText(http, open)).toMatchObject({ text: '/a?b=c' });
    expect(http.egress()).toMatchObject([
      { origin: new URL(open).origin, proxy: `http://${squid.host}` },
      { origin: new URL(url).origin, proxy: `http://${squid.host}`, sent: 3_000_000 },
    ]);
    for (const { headers } of [...secure.seen, ...plain.seen])
      expect(JSON.stringify(headers)).not.toMatch(/proxy-auth/i);
    await http.close();
    await expect.poll(() => tunnels(squid)).toBe(1);
  });

  it('wrong credentials are MLC7009, not a 401 of the registry, and asked once', async () => {
    const { secure, plain, squid, caFile } = await surroundings();
    for (const proxy of [`http://${squid.host}`, `http://me:SECRET@${squid.host}`]) {
      const { http, clock } = through(proxy, caFile);
      for (const url of [
        `https://registry.test:${secure.port}/`,
        `http://files.test:${plain.port}/`,
      ]) {
        const error = await get(http, url).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'MLC7009', data: { status: 407, proxy: squid.host } });
        expect(JSON.stringify([error, String(error)])).not.toContain('SECRET');
      }
      expect(clock.sleeps).toEqual([]);
    }
    expect([secure.seen.length, plain.seen.length]).toEqual([0, 0]);
  });

  it('a name that it refuses is MLC7009, by https and by http', async () => {
    const { secure, plain, caFile, proxy } = await surroundings();
    const { http } = through(proxy, caFile);
    expect(await codeOf(get(http, `https://denied.test:${secure.port}/`))).toBe('MLC7009');
    expect(await codeOf(get(http, `http://denied.test:${plain.port}/`))).toBe('MLC7009');
  });

  it('an unknown CA is MLC7008', async () => {
    const { secure, proxy } = await surroundings();
    const { http } = through(proxy, '/dev/null');
    expect(await codeOf(get(http, `https://registry.test:${secure.port}/`))).toBe('MLC7008');
  });
});
