import { createServer } from 'node:net';

import type { ByteStream } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';

import { codeOf, get, getText, signal, testHttp } from './fixtures/client.ts';
import { listen, reply, startServer } from './fixtures/servers.ts';

const PIECE = new Uint8Array(1024 * 1024).fill(120);

/** `count` MiB, anew for each attempt. */
function mebibytes(count: number): { body: () => ByteStream; opened: () => number } {
  let opened = 0;
  return {
    opened: () => opened,
    async *body() {
      opened += 1;
      for (let index = 0; index < count; index += 1) yield await Promise.resolve(PIECE);
    },
  };
}

/** A server that takes the head of a request, and then nothing more. */
async function deafServer(head: string) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.pause();
      socket.write(head);
    });
  });
  const { port } = await listen(server, '127.0.0.1');
  return { url: `http://127.0.0.1:${port}/` };
}

describe('a body that is sent', () => {
  it('is counted, with all attempts', async () => {
    const server = await startServer((_request, response, index) =>
      reply(response, index === 0 ? 503 : 201, 'ok'),
    );
    const { http } = testHttp();
    const { body, opened } = mebibytes(2);
    const headers = { 'content-length': String(2 * PIECE.byteLength) };
    expect(await getText(http, server.origin, { method: 'PUT', body, headers })).toMatchObject({
      status: 201,
    });
    expect(opened()).toBe(2);
    expect(server.seen.map((each) => each.body.length)).toEqual([2 * 2 ** 20, 2 * 2 ** 20]);
    expect(server.seen[1]?.headers).toMatchObject(headers);
    expect(server.seen[1]?.headers['transfer-encoding']).toBeUndefined();
    expect(http.egress()[0]).toMatchObject({ requests: 2, sent: 4 * 2 ** 20 });
  });

  it.each([0, 5, 300_000])('may be %i bytes in memory, and says its length', async (size) => {
    const server = await startServer((_request, response) => reply(response, 200));
    const { http } = testHttp();
    await getText(http, server.origin, { method: 'POST', body: new Uint8Array(size).fill(65) });
    expect(server.seen[0]?.headers['content-length']).toBe(String(size));
    expect(server.seen[0]?.body).toBe('A'.repeat(size));
    expect(http.egress()[0]?.sent).toBe(size);
  });

  it('is not counted where nobody listens', async () => {
    const { http } = testHttp({ retry: { attempts: 2 } });
    const body = new Uint8Array(9);
    await codeOf(get(http, 'http://127.0.0.1:1/', { method: 'PUT', body }));
    expect(http.egress()[0]).toMatchObject({ requests: 2, sent: 0 });
  });

  it('that is as long as it did not say is an error, and is not sent again and again', async () => {
    const server = await startServer((_request, response) => reply(response, 200));
    const { http } = testHttp();
    const { body } = mebibytes(1);
    const headers = { 'content-length': '7' };
    expect(await codeOf(get(http, server.origin, { method: 'PUT', body, headers }))).toBe(
      'MLC7001',
    );
  });

  it('whose source fails gives that error', async () => {
    const server = await startServer((_request, response) => reply(response, 200));
    const failure = new Error('the file is gone');
    let opened = 0;
    const body = async function* (): ByteStream {
      opened += 1;
      yield await Promise.resolve(PIECE);
      throw failure;
    };
    const request = get(testHttp().http, server.origin, { method: 'PUT', body });
    await expect(request).rejects.toBe(failure);
    expect(opened).toBe(1);
  });
});

describe('a server that takes nothing any more', () => {
  const timeouts = { send: 200, headers: 60_000, commit: 60_000 };

  it('is MLC7001 after all attempts', async () => {
    const { url } = await deafServer('');
    const { http } = testHttp({ timeouts, retry: { attempts: 2 } });
    const { body, opened } = mebibytes(64);
    const error = await get(http, url, { method: 'PUT', body }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MLC7001', data: { detail: 'STALLED', attempts: 2 } });
    expect(opened()).toBe(2);
  });

  it('and one that then takes it is no error', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      const isFirst = connections === 1;
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        if (isFirst) socket.pause();
        else if (chunk.toString('latin1').endsWith('0\r\n\r\n'))
          socket.end('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const { port } = await listen(server, '127.0.0.1');
    const { body, opened } = mebibytes(32);
    const request = { method: 'PUT', body } as const;
    const { http } = testHttp({ timeouts });
    const { status } = await getText(http, `http://127.0.0.1:${port}/`, request);
    expect([status, opened()]).toEqual([201, 2]);
  });

  it('does not count while the source takes its time', async () => {
    const server = await startServer((_request, response) => reply(response, 201));
    const body = async function* (): ByteStream {
      for (let index = 0; index < 3; index += 1) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        yield PIECE;
      }
    };
    const { http } = testHttp({ timeouts, retry: { attempts: 1 } });
    expect(await getText(http, server.origin, { method: 'PUT', body })).toMatchObject({
      status: 201,
    });
  });
});

describe('an answer before the body is sent', () => {
  it('is the answer', async () => {
    const { url } = await deafServer('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
    const { http } = testHttp({ timeouts: { send: 60_000 } });
    const { body } = mebibytes(64);
    const request = { method: 'PUT', body, url, purpose: 'test', signal } as const;
    const response = await http.request(request);
    expect(response.status).toBe(413);
    await response.cancel();
  });
});

describe('HEAD', () => {
  it('keeps its connection', async () => {
    const server = await startServer((_request, response) => reply(response, 200, 'four'));
    const { http } = testHttp({ connections: 1 });
    for (let index = 0; index < 3; index += 1) {
      const response = await get(http, server.origin, { method: 'HEAD' });
      await response.cancel();
    }
    await getText(http, server.origin);
    expect(server.connections()).toBe(1);
  });
});
