import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createAuthority } from './fixtures/certificates.ts';
import { codeOf, get, getText, testHttp } from './fixtures/client.ts';
import { reply, startServer, startTlsServer } from './fixtures/servers.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

async function secureServer(names = 'IP:127.0.0.1') {
  const folder = await tempFolder();
  const authority = await createAuthority(folder);
  const server = await startTlsServer(await authority.issue(names), (_request, response) =>
    reply(response, 200, 'safe'),
  );
  return { folder, authority, server };
}

describe('a certificate of a company’s own authority', () => {
  it.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])('is trusted by %s', async (name) => {
    const { authority, server } = await secureServer();
    const { http } = testHttp({ env: { [name]: authority.caFile }, connections: 1 });
    expect(await getText(http, server.origin)).toMatchObject({ text: 'safe' });
    await getText(http, server.origin);
    expect(server.connections()).toBe(1);
  });

  it('is trusted by the request’s own file, for that request alone', async () => {
    const { authority, server } = await secureServer();
    const { http } = testHttp();
    expect(await getText(http, server.origin, { caFile: authority.caFile })).toMatchObject({
      text: 'safe',
    });
    expect(await codeOf(get(http, server.origin))).toBe('MLC7008');
  });

  it('is refused otherwise, once and for all', async () => {
    const { server } = await secureServer();
    const { http, clock } = testHttp();
    expect(await codeOf(get(http, server.origin))).toBe('MLC7008');
    expect(clock.sleeps.filter((pause) => pause > 0)).toEqual([]);
    expect(server.seen).toEqual([]);
  });

  it('is refused for another name', async () => {
    const { authority, server } = await secureServer('DNS:other.test');
    expect(await codeOf(get(testHttp().http, server.origin, { caFile: authority.caFile }))).toBe(
      'MLC7008',
    );
  });

  it('holds for a name', async () => {
    const { authority, server } = await secureServer('DNS:files.test');
    const { http } = testHttp({
      lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    const url = `https://files.test:${server.port}/`;
    expect(await getText(http, url, { caFile: authority.caFile })).toMatchObject({ text: 'safe' });
  });
});

describe('the roots of the operating system', () => {
  it.each([
    ['are trusted too', true, 'safe'],
    ['do not hold for everybody', false, 'MLC7008'],
  ])('%s', async (_what, installed, expected) => {
    const { authority, server } = await secureServer();
    const client = fileURLToPath(new URL('fixtures/https-client.ts', import.meta.url));
    // OpenSSL reads its default roots from SSL_CERT_FILE, which the client itself is not told of.
    const env = {
      SSL_CERT_FILE: installed ? authority.caFile : '/dev/null',
      SSL_CERT_DIR: '/nonexistent',
    };
    const args = ['--conditions=@mlcontainer/source', '--no-warnings', client, server.origin];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(stdout).toBe(expected);
  });
});

describe('a CA file', () => {
  it('of a request must be there and hold a certificate', async () => {
    const { folder, server } = await secureServer();
    await writeFile(join(folder, 'text'), 'no certificate');
    await writeFile(
      join(folder, 'broken'),
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    );
    for (const name of ['missing', 'text', 'broken']) {
      expect(
        await codeOf(get(testHttp().http, server.origin, { caFile: join(folder, name) })),
        name,
      ).toBe('MLC7015');
    }
  });

  it('of the environment may be missing', async () => {
    const { authority, server } = await secureServer();
    const { http } = testHttp({
      env: { SSL_CERT_FILE: '/missing', NODE_EXTRA_CA_CERTS: authority.caFile },
    });
    expect(await getText(http, server.origin)).toMatchObject({ text: 'safe' });
  });
});

describe('a redirect', () => {
  it('from https to http is refused', async () => {
    const plain = await startServer((_request, response) => reply(response, 200));
    const folder = await tempFolder();
    const authority = await createAuthority(folder);
    const server = await startTlsServer(
      await authority.issue('IP:127.0.0.1'),
      (_request, response) => reply(response, 302, '', { location: plain.origin }),
    );
    expect(await codeOf(get(testHttp().http, server.origin, { caFile: authority.caFile }))).toBe(
      'MLC7007',
    );
    expect(plain.connections()).toBe(0);
  });

  it('to another https host gets the netrc entry of that host', async () => {
    const folder = await tempFolder();
    const authority = await createAuthority(folder);
    await writeFile(join(folder, '.netrc'), 'machine 127.0.0.2 login me password secret\n');
    const target = await startTlsServer(
      await authority.issue('IP:127.0.0.2'),
      (_request, response) => reply(response, 200),
      '127.0.0.2',
    );
    const server = await startTlsServer(
      await authority.issue('IP:127.0.0.1'),
      (_request, response) => reply(response, 302, '', { location: target.origin }),
    );
    const { http } = testHttp({ env: { HOME: folder, SSL_CERT_FILE: authority.caFile } });
    await getText(http, server.origin);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect(target.seen[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('me:secret').toString('base64')}`,
    );
  });
});
