import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { codeOf, get, getText, testHttp } from './fixtures/client.ts';
import { listen, reply, startServer } from './fixtures/servers.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

const PUBLIC = '203.0.113.10';

function echo(host = '127.0.0.1') {
  return startServer(
    (request, response) => reply(response, 200, request.headers.authorization ?? 'none'),
    host,
  );
}

describe('an address that a server named', () => {
  it.each([
    ['the cloud’s credentials', `https://${PUBLIC}/`, 'http://169.254.169.254/'],
    ['the same over https', `https://${PUBLIC}/`, 'https://169.254.169.254/'],
    ['the same, written otherwise', `http://${PUBLIC}/`, 'http://0xa9fea9fe/'],
    ['the same, as IPv6', `http://${PUBLIC}/`, 'http://[::ffff:169.254.169.254]/'],
    ['the same of another cloud', `http://${PUBLIC}/`, 'http://[fd00:ec2::254]/'],
    ['a private network', `http://${PUBLIC}/`, 'http://10.0.0.1/'],
    ['another private network', `http://${PUBLIC}/`, 'http://192.168.1.1/'],
    ['this machine', `http://${PUBLIC}/`, 'http://127.0.0.1/'],
    ['this machine, as IPv6', `http://${PUBLIC}/`, 'http://[::1]/'],
    ['no address', 'http://127.0.0.1/', 'http://0.0.0.0/'],
    ['http from https', `https://${PUBLIC}/`, `http://${PUBLIC}/`],
    ['a neighbour on the link from this machine', 'http://127.0.0.1/', 'http://[fe80::1]/'],
  ])('may not lead to %s', async (_what, namedBy, url) => {
    const { http } = testHttp();
    expect(await codeOf(get(http, url, { namedBy }))).toBe('MLC7007');
    expect(http.egress()).toEqual([]);
  });

  it('may not lead there by a name either', async () => {
    const lookup = (host: string) =>
      Promise.resolve([{ address: host === 'in.test' ? '127.0.0.1' : PUBLIC, family: 4 }]);
    const { http } = testHttp({ lookup });
    const namedBy = 'https://registry.test/v2/';
    expect(await codeOf(get(http, 'https://in.test/token', { namedBy }))).toBe('MLC7007');
  });

  it('may be of the same host, wherever that is, and of one as private', async () => {
    const [server, other] = await Promise.all([echo(), echo('127.0.0.2')]);
    const { http } = testHttp();
    for (const url of [`${server.origin}/x`, other.origin]) {
      expect(await getText(http, url, { namedBy: server.origin })).toMatchObject({ status: 200 });
    }
  });

  it('brings no user name of its own, and gets no netrc entry in the clear', async () => {
    const home = await tempFolder();
    await writeFile(join(home, '.netrc'), 'machine 127.0.0.2 login me password secret\n');
    const [server, other] = await Promise.all([echo(), echo('127.0.0.2')]);
    const { http } = testHttp({ env: { HOME: home } });
    const namedBy = server.origin;
    for (const url of [other.origin, other.origin.replace('//', '//planted:x@')])
      expect(await getText(http, url, { namedBy })).toMatchObject({ text: 'none' });
    expect((await getText(http, other.origin)).text).toMatch(/^Basic /);
  });

  it('is not printed with what its query carries', async () => {
    const url = 'http://169.254.169.254/?signature=secret';
    const error = await get(testHttp().http, url, { namedBy: `http://${PUBLIC}/` }).catch(
      (reason: unknown) => reason,
    );
    expect(JSON.stringify([error, String(error)])).not.toContain('secret');
  });
});

describe('a name', () => {
  it.each(['169.254.169.254', '0.0.0.0', 'fe80::1', 'fd00:ec2::254'])(
    'that stands for %s is MLC7019, and nobody is asked',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      const { http, clock } = testHttp({ lookup: () => Promise.resolve([{ address, family }]) });
      expect(await codeOf(get(http, 'http://metadata.test/'))).toBe('MLC7019');
      expect(clock.sleeps).toEqual([]);
    },
  );

  it('that stands for other addresses too leads to those', async () => {
    const server = await echo();
    const lookup = () =>
      Promise.resolve([
        { address: '169.254.169.254', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    const url = `http://two.test:${server.port}/`;
    expect(await getText(testHttp({ lookup }).http, url)).toMatchObject({ status: 200 });
  });
});

describe('redirect: manual', () => {
  it('gives the answer as it is', async () => {
    const server = await startServer((_request, response) =>
      reply(response, 307, 'moved', { location: '/there' }),
    );
    const response = await get(testHttp().http, server.origin, { redirect: 'manual' });
    expect([response.status, response.header('location')]).toEqual([307, '/there']);
    await response.cancel();
    expect(server.seen).toHaveLength(1);
  });
});

describe('netrc: false', () => {
  it('leaves netrc unread, also behind a redirect', async () => {
    const home = await tempFolder();
    await writeFile(join(home, '.netrc'), 'machine 127.0.0.1 login me password secret\n');
    const server = await echo();
    const { http } = testHttp({ env: { HOME: home } });
    expect(await getText(http, server.origin, { netrc: false })).toMatchObject({ text: 'none' });
    expect((await getText(http, server.origin)).text).toMatch(/^Basic /);
  });
});

describe('repeatable', () => {
  it.each([
    ['POST', true, 2],
    ['POST', false, 1],
    ['PATCH', undefined, 1],
    ['PUT', false, 1],
    ['PUT', undefined, 2],
  ] as const)('%s %s: %i requests after 502', async (method, repeatable, requests) => {
    const server = await startServer((_request, response, index) =>
      reply(response, index === 0 ? 502 : 200),
    );
    const more = repeatable === undefined ? {} : { repeatable };
    const { status } = await getText(testHttp().http, server.origin, { method, ...more });
    expect([status, server.seen.length]).toEqual([requests === 2 ? 200 : 502, requests]);
  });

  it('outlives a connection that the server closes while the request comes', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const { port } = await listen(server, '127.0.0.1');
    const { http, clock } = testHttp({ connections: 1 });
    const url = `http://127.0.0.1:${port}/`;
    for (let index = 0; index < 3; index += 1) {
      const more = { method: 'POST', repeatable: true } as const;
      expect(await getText(http, url, more)).toMatchObject({ text: 'ok' });
    }
    expect(connections).toBe(3);
    expect(clock.sleeps.filter((pause) => pause > 0)).toEqual([]);
  });
});
