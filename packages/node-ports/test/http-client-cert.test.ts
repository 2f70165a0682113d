import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { describe, expect, it } from 'vitest';

import { createAuthority } from './fixtures/certificates.ts';
import { codeOf, get, getText, testHttp } from './fixtures/client.ts';
import { startProxy } from './fixtures/proxy.ts';
import { listen, reply } from './fixtures/servers.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

/** A server that talks only to those who show a certificate of its own authority, and says whose it was. */
async function mutualServer(redirectTo?: string, host = '127.0.0.1') {
  const folder = await tempFolder();
  const authority = await createAuthority(folder);
  const [identity, own] = await Promise.all([
    authority.issue(`DNS:files.test,IP:${host}`),
    authority.issue('DNS:client.test'),
  ]);
  const ca = await readFile(authority.caFile, 'utf8');
  const options = { ...identity, ca, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerCertificate();
    if (redirectTo !== undefined) reply(response, 302, '', { location: redirectTo });
    else reply(response, 200, peer.subject === undefined ? 'nobody' : String(peer.subject.CN));
  });
  const { port } = await listen(server, host);
  const clientCert = { certFile: join(folder, 'own.pem'), keyFile: join(folder, 'own.key') };
  await writeFile(clientCert.certFile, own.cert);
  await writeFile(clientCert.keyFile, own.key);
  return { folder, caFile: authority.caFile, clientCert, port, origin: `https://${host}:${port}` };
}

describe('a client certificate', () => {
  it('is shown by the request that names it, and by no other', async () => {
    const { origin, caFile, clientCert } = await mutualServer();
    const { http } = testHttp();
    expect((await getText(http, origin, { caFile, clientCert })).text).toMatch(/^server\d$/);
    expect(await getText(http, origin, { caFile })).toMatchObject({ text: 'nobody' });
  });

  it('may be in one file with its key', async () => {
    const { folder, origin, caFile, clientCert } = await mutualServer();
    const both = join(folder, 'both.pem');
    const texts = await Promise.all(
      [clientCert.certFile, clientCert.keyFile].map((file) => readFile(file, 'utf8')),
    );
    await writeFile(both, texts.join(''));
    const request = { caFile, clientCert: { certFile: both, keyFile: both } };
    expect((await getText(testHttp().http, origin, request)).text).toMatch(/^server\d$/);
  });

  it('goes through the tunnel of a proxy', async () => {
    const [{ port, caFile, clientCert }, proxy] = await Promise.all([mutualServer(), startProxy()]);
    const { http } = testHttp({ env: { HTTPS_PROXY: proxy.url } });
    const url = `https://files.test:${port}/`;
    expect((await getText(http, url, { caFile, clientCert })).text).toMatch(/^server\d$/);
    expect(proxy.seen).toEqual([`CONNECT files.test:${port}`]);
  });

  it('is not shown to where a redirect leads', async () => {
    const target = await mutualServer();
    const first = await mutualServer(target.origin, '127.0.0.2');
    const { http } = testHttp({ env: { SSL_CERT_FILE: target.caFile } });
    const { caFile, clientCert } = first;
    expect(await getText(http, first.origin, { caFile, clientCert })).toMatchObject({
      text: 'nobody',
    });
  });

  it('that cannot be used is MLC7018, before anything is sent', async () => {
    const { folder, origin, caFile, clientCert } = await mutualServer();
    const other = await mutualServer();
    await writeFile(join(folder, 'text'), 'no certificate');
    const missing = join(folder, 'missing');
    for (const broken of [
      { ...clientCert, certFile: missing },
      { ...clientCert, keyFile: missing },
      { ...clientCert, certFile: join(folder, 'text') },
      { ...clientCert, keyFile: join(folder, 'text') },
      { ...clientCert, keyFile: other.clientCert.keyFile },
    ]) {
      const request = get(testHttp().http, origin, { caFile, clientCert: broken });
      expect(await codeOf(request), JSON.stringify(broken)).toBe('MLC7018');
    }
  });
});

describe('without verification', () => {
  it('a request reaches the origin that it was said for, and no other that it leads to', async () => {
    const target = await mutualServer();
    const first = await mutualServer(target.origin, '127.0.0.2');
    const { http } = testHttp();
    expect(await getText(http, target.origin, { insecure: true })).toMatchObject({ status: 200 });
    expect(await codeOf(get(http, first.origin, { insecure: true }))).toBe('MLC7008');
    expect(await codeOf(get(http, target.origin))).toBe('MLC7008');
  });
});
