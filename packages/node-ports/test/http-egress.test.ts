import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { createAuthority } from './fixtures/certificates.ts';
import { codeOf, get, getText, signal, testHttp } from './fixtures/client.ts';
import { reply, startServer, startTlsServer } from './fixtures/servers.ts';
import { tempFolder } from './fixtures/temp-folder.ts';

describe('the egress list', () => {
  it('has every origin with what it was for', async () => {
    const target = await startServer(
      (_request, response) => reply(response, 200, 'twelve bytes'),
      '127.0.0.2',
    );
    const server = await startServer((_request, response) =>
      reply(response, 302, '', { location: `${target.origin}/` }),
    );
    const { http } = testHttp();
    await getText(http, server.origin, { purpose: 'wheel' });
    await getText(http, target.origin, { purpose: 'index' });
    expect(http.egress()).toEqual(
      [
        { origin: server.origin, purposes: ['wheel'], requests: 1, received: 0, sent: 0 },
        { origin: target.origin, purposes: ['index', 'wheel'], requests: 2, received: 24, sent: 0 },
      ].sort((a, b) => (a.origin < b.origin ? -1 : 1)),
    );
  });

  it('may be closed: other hosts are refused before they are contacted, also behind a redirect', async () => {
    const target = await startServer((_request, response) => reply(response, 200), '127.0.0.2');
    const server = await startServer((_request, response) =>
      reply(response, 302, '', { location: `${target.origin}/` }),
    );
    const { http } = testHttp({ allowHosts: ['127.0.0.1'] });
    expect(await codeOf(get(http, server.origin))).toBe('MLC7006');
    expect(await codeOf(get(http, target.origin))).toBe('MLC7006');
    expect(target.connections()).toBe(0);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.0.0.1:PORT', true],
    ['http://127.0.0.1:PORT', true],
    ['127.0.0.1:1', false],
    ['https://127.0.0.1:PORT', false],
    ['*.0.0.1', true],
    ['127.0.0.2', false],
    ['', false],
  ])('takes %j', async (pattern, allowed) => {
    const server = await startServer((_request, response) => reply(response, 200));
    const { http } = testHttp({ allowHosts: [pattern.replace('PORT', String(server.port))] });
    expect(await codeOf(getText(http, server.origin))).toBe(allowed ? 'no error' : 'MLC7006');
  });
});

describe('hosts allowed later', () => {
  async function company() {
    const authority = await createAuthority(await tempFolder());
    const start = async (host: string, location?: string) =>
      startTlsServer(
        await authority.issue(`IP:${host}`),
        (_request, response) =>
          location === undefined
            ? reply(response, 200, 'yes')
            : reply(response, 307, '', { location }),
        host,
      );
    return { env: { SSL_CERT_FILE: authority.caFile }, start };
  }

  it('may name others over https, and those others; all of it is on record', async () => {
    const { env, start } = await company();
    const third = await start('127.0.0.3');
    const second = await start('127.0.0.2', third.origin);
    const first = await start('127.0.0.1', second.origin);
    const { http } = testHttp({ env });
    http.allow(['127.0.0.1']);
    expect(await codeOf(get(http, third.origin))).toBe('MLC7006');
    expect(await getText(http, first.origin)).toMatchObject({ text: 'yes' });
    const named = Object.fromEntries(http.egress().map((each) => [each.origin, each.namedBy]));
    expect(named).toEqual({
      [first.origin]: undefined,
      [second.origin]: first.origin,
      [third.origin]: second.origin,
    });
    expect(await codeOf(get(http, third.origin))).toBe('MLC7006');
    expect(await getText(http, third.origin, { namedBy: first.origin })).toMatchObject({
      text: 'yes',
    });
  });

  it('may not name others in the clear, nor be named by who is not allowed', async () => {
    const other = await startServer((_request, response) => reply(response, 200), '127.0.0.2');
    const server = await startServer((_request, response) =>
      reply(response, 307, '', { location: other.origin }),
    );
    const { http } = testHttp();
    http.allow(['127.0.0.1']);
    expect(await codeOf(get(http, server.origin))).toBe('MLC7006');
    const { env, start } = await company();
    const [secure, target] = await Promise.all([start('127.0.0.3'), start('127.0.0.4')]);
    const strict = testHttp({ env }).http;
    strict.allow(['127.0.0.1']);
    expect(await codeOf(get(strict, target.origin, { namedBy: secure.origin }))).toBe('MLC7006');
    expect([other.connections(), target.connections()]).toEqual([0, 0]);
  });

  it('add up', async () => {
    const server = await startServer((_request, response) => reply(response, 200));
    const { http } = testHttp();
    http.allow(['a.test']);
    expect(await codeOf(get(http, server.origin))).toBe('MLC7006');
    http.allow([`127.0.0.1:${server.port}`]);
    expect(await getText(http, server.origin)).toMatchObject({ status: 200 });
  });
});

describe('offline', () => {
  it('refuses the network and reads files', async () => {
    const server = await startServer((_request, response) => reply(response, 200));
    const { http } = testHttp({ offline: true });
    expect(await codeOf(get(http, server.origin))).toBe('MLC7005');
    expect(server.connections()).toBe(0);
    const path = join(await tempFolder(), 'file');
    await writeFile(path, 'text');
    expect(await getText(http, pathToFileURL(path).href)).toMatchObject({
      status: 200,
      text: 'text',
    });
    expect(http.egress()).toEqual([]);
  });
});

describe('file:', () => {
  it('answers as a server would', async () => {
    const folder = await tempFolder();
    const { http } = testHttp();
    const url = (name: string): string => pathToFileURL(join(folder, name)).href;
    await writeFile(join(folder, 'ä b#c'), 'text');
    await writeFile(join(folder, 'empty'), '');
    await mkdir(join(folder, 'folder'));
    const response = await get(http, url('ä b#c'));
    expect([response.status, response.header('Content-Length')]).toEqual([200, '4']);
    expect(await getText(http, url('ä b#c'))).toMatchObject({ text: 'text' });
    expect(await getText(http, url('empty'))).toMatchObject({ status: 200, text: '' });
    expect(await getText(http, url('missing'))).toMatchObject({ status: 404, text: '' });
    expect(await getText(http, url('folder'))).toMatchObject({ status: 404 });
    expect(await getText(http, url('ä b#c'), { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    });
    expect(await getText(http, url('ä b#c'), { method: 'PUT' })).toMatchObject({ status: 405 });
  });

  it('of another machine is refused', async () => {
    expect(await codeOf(get(testHttp().http, 'file://server/share'))).toBe('MLC7016');
  });
});

describe('a bad address', () => {
  it.each(['', 'no address', 'ftp://127.0.0.1/', 'data:,x', 'http://', 'javascript:1'])(
    '%j is MLC7016',
    async (url) => {
      expect(await codeOf(get(testHttp().http, url))).toBe('MLC7016');
    },
  );

  it('is not printed with its password', async () => {
    const error = await testHttp()
      .http.request({ url: 'ftp://user:secret@host/?k=secret', purpose: 'test', signal })
      .catch((reason: unknown) => reason);
    expect(JSON.stringify([error, String(error)])).not.toContain('secret');
  });
});

describe('progress', () => {
  it('is told as the body is read', async () => {
    const server = await startServer((_request, response) =>
      reply(response, 200, 'x'.repeat(100_000)),
    );
    const seen: { received: number; size?: number }[] = [];
    const { http } = testHttp({ onProgress: (progress) => seen.push(progress) });
    await getText(http, server.origin);
    expect(seen.at(-1)).toMatchObject({ received: 100_000, size: 100_000, purpose: 'test' });
  });
});
